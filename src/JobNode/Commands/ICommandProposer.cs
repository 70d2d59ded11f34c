namespace JobNode.Commands;

/// <summary>Puts a command through the replicated log: the local one, or one that passes on to the leader.</summary>
internal interface ICommandProposer
{
    /// <summary>
    /// Completes when the command is applied or its fate is known. Expected failures are codes from 100 on in
    /// <see cref="CommandResult.Code"/>, never exceptions.
    /// </summary>
    Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation);
}

/// <summary>An applied command's result and its place in the log (0 when it was never applied here).</summary>
internal readonly record struct Proposed(CommandResult Result, ulong LogIndex);

/// <summary>Runs reads on the thread that applies, where the state may be looked at without locks.</summary>
internal interface IApplyThread
{
    /// <summary>Runs <paramref name="query"/> on the local state, which may be behind the leader's.</summary>
    Task<T> ReadAsync<T>(Func<T> query, CancellationToken cancellation);

    /// <summary>
    /// Completes when the local state holds at least everything acknowledged anywhere before the call (raft
    /// ReadIndex, dissertation section 6.4). Gives false when no quorum answered in time.
    /// </summary>
    Task<bool> ReadBarrierAsync(CancellationToken cancellation);

    /// <summary>Completes when the local state has applied <paramref name="logIndex"/>; false on time-out.</summary>
    Task<bool> WaitAppliedAsync(ulong logIndex, CancellationToken cancellation);
}
