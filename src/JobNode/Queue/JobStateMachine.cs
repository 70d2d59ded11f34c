using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>The replicated job queue.</summary>
internal sealed class JobStateMachine : IStateMachine
{
    /// <summary>An empty state.</summary>
    public JobStateMachine(StateLimits limits) => _ = limits;

    /// <summary>Questions to the state; the same object for ever, also after <see cref="Restore"/>.</summary>
    public QueueView View { get; } = new();

    /// <inheritdoc/>
    public ulong AppliedIndex { get; private set; }

    /// <inheritdoc/>
    public UInt128 Digest => throw new NotSupportedException("not written yet");

    /// <inheritdoc/>
    public CommandResult Apply(ulong index, ulong timeMs, Command command) => throw new NotSupportedException("not written yet");

    /// <inheritdoc/>
    public void Advance(ulong index) => AppliedIndex = index;

    /// <inheritdoc/>
    public IFrozenState Freeze() => throw new NotSupportedException("not written yet");

    /// <inheritdoc/>
    public void Restore(Stream snapshot) => throw new NotSupportedException("not written yet");

    /// <summary>Moves the events since the last call into <paramref name="into"/>, in the order they happened.</summary>
    public void DrainEvents(List<JobEvent> into) => throw new NotSupportedException("not written yet");
}
