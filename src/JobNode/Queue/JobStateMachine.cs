using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// The replicated job queue: commands in, results out, and nothing else. No clock, no randomness, no I/O, no lock; one
/// thread. The same commands give the same results and the same <see cref="Digest"/> on every node.
/// </summary>
internal sealed class JobStateMachine : IStateMachine
{
    /// <summary>Events held for those who want to hear of them; past it one <see cref="JobEventKind.Reset"/> says it
    /// all.</summary>
    public const int EventsMax = 1_000_000;

    /// <summary>Events that there is always room for.</summary>
    public const int EventsKept = 4_096;

    private readonly StateLimits _limits;
    private readonly List<JobEvent> _events = [];
    private QueueState _state = new();
    private JobTransitions _transitions;

    /// <summary>An empty state.</summary>
    /// <param name="limits">Equal on all nodes.</param>
    public JobStateMachine(StateLimits limits)
    {
        Invariant.That(limits.JobsHeldMax is >= 1 and <= Limits.JobsHeldMax, "the bound of the state is within limits");
        _limits = limits;
        _transitions = new JobTransitions(_state, limits, _events);
        View = new QueueView(_state);
    }

    /// <summary>Questions to the state; the same object for ever, also after <see cref="Restore"/>.</summary>
    public QueueView View { get; }

    /// <inheritdoc/>
    public ulong AppliedIndex { get; private set; }

    /// <inheritdoc/>
    public UInt128 Digest => _state.Digest;

    /// <summary>
    /// The digest computed from all items, in time proportional to them: what <see cref="Digest"/> must equal.
    /// </summary>
    public UInt128 RecomputeDigest() => _state.RecomputeDigest();

    /// <inheritdoc/>
    public CommandResult Apply(ulong index, ulong timeMs, Command command)
    {
        Invariant.That(index >= AppliedIndex, "the log index never goes back");
        ulong nowMs = Math.Max(_state.LastTimeMs, timeMs);
        AppliedIndex = index;
        _state.LastTimeMs = nowMs;
        CommandResult result = command switch
        {
            Enqueue enqueue => _transitions.Enqueue(enqueue, nowMs),
            Complete complete => _transitions.Complete(complete, nowMs),
            Checkpoint checkpoint => _transitions.Checkpoint(checkpoint),
            Pull pull => _transitions.Pull(pull, nowMs),
            Cancel cancel => _transitions.Cancel(cancel, nowMs),
            Expire expire => _transitions.Expire(expire),
            Recall recall => _transitions.Recall(recall),
            Quarantine quarantine => _transitions.Quarantine(quarantine, nowMs),
            Release release => _transitions.Release(release),
            _ => throw new InvariantException($"no transition for {command.GetType().Name}"),
        };
        Invariant.That(result.Code < ResultCode.NotLeader, "a result of the state is not about the proposal");
        if (_events.Count > EventsMax)
        {
            ResetEvents();
        }

        return result;
    }

    /// <inheritdoc/>
    public void Advance(ulong index)
    {
        Invariant.That(index >= AppliedIndex, "the log index never goes back");
        AppliedIndex = index;
    }

    /// <inheritdoc/>
    public IFrozenState Freeze() => new JobSnapshot(_state, AppliedIndex);

    /// <inheritdoc/>
    /// <remarks>
    /// An empty stream gives the empty state. After an exception the machine holds part of a state and is not to be
    /// used.
    /// </remarks>
    /// <exception cref="InvalidDataException">Not a snapshot of a known version, or not one that fits
    /// together.</exception>
    public void Restore(Stream snapshot)
    {
        // The old state goes first, so that memory never holds two.
        _state = new QueueState();
        _transitions = new JobTransitions(_state, _limits, _events);
        View.Attach(_state);
        AppliedIndex = JobSnapshot.Read(snapshot, _state);
        _state.CheckCounts();
        ResetEvents();
    }

    /// <summary>
    /// Moves the events since the last call into <paramref name="into"/>, in the order they happened.
    /// </summary>
    public void DrainEvents(List<JobEvent> into)
    {
        into.AddRange(_events);
        _events.Clear();
        _events.Capacity = Math.Min(_events.Capacity, EventsKept);
    }

    private void ResetEvents()
    {
        _events.Clear();
        _events.Add(new JobEvent(JobEventKind.Reset, default));
    }
}
