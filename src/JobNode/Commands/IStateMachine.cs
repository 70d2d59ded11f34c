namespace JobNode.Commands;

/// <summary>
/// The replicated state as consensus sees it: deterministic, without clock, I/O, locks or tasks, called on one thread.
/// </summary>
internal interface IStateMachine
{
    /// <summary>Index of the last log entry that was applied.</summary>
    ulong AppliedIndex { get; }

    /// <summary>128 bits over the whole replicated state; equal on every node at equal index.</summary>
    UInt128 Digest { get; }

    /// <summary>
    /// Applies one command of the entry at <paramref name="index"/>. Several commands may share an entry.
    /// </summary>
    /// <param name="index">Log index, never below <see cref="AppliedIndex"/>.</param>
    /// <param name="timeMs">The leader's stamp in Unix ms; the machine clamps it so that time never goes back.</param>
    /// <param name="command">A valid command; an invalid one breaks an invariant.</param>
    CommandResult Apply(ulong index, ulong timeMs, Command command);

    /// <summary>Notes that the entry at <paramref name="index"/> is done (also for empty entries).</summary>
    void Advance(ulong index);

    /// <summary>Freezes the state for a snapshot in time that does not grow with the jobs (copy on write).</summary>
    IFrozenState Freeze();

    /// <summary>Replaces the whole state by what <see cref="IFrozenState.Write"/> wrote.</summary>
    void Restore(Stream snapshot);
}

/// <summary>A state at one index, unchanging; written by another thread while the machine goes on.</summary>
internal interface IFrozenState : IDisposable
{
    /// <summary>Index of the last entry contained.</summary>
    ulong AppliedIndex { get; }

    /// <summary>Writes the versioned snapshot body.</summary>
    void Write(Stream destination);
}
