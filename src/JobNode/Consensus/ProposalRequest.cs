using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>
/// One caller's command on its way through the log. It holds one slot (<see cref="Limits.ProposalsInFlightMax"/>) until
/// its task ends, in whichever way that happens first.
/// </summary>
internal sealed class ProposalRequest(ReadOnlyMemory<byte> encoded, ProposalSlots slots)
    : TaskCompletionSource<Proposed>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private CancellationTokenRegistration _registration;

    /// <summary>The encoded command.</summary>
    public ReadOnlyMemory<byte> Encoded { get; } = encoded;

    /// <summary>True once nobody waits any more.</summary>
    public bool IsSettled => Task.IsCompleted;

    /// <summary>Lets the caller go when it cancels. What was logged by then still takes effect.</summary>
    public void WatchFor(CancellationToken cancellation) =>
        _registration = cancellation.UnsafeRegister(
            static (state, token) => ((ProposalRequest)state!).Abandon(token), this);

    /// <summary>The command was applied.</summary>
    public void Complete(CommandResult result, ulong index) => Settle(new Proposed(result, index));

    /// <summary>The proposal ended with a code from 100 on.</summary>
    public void Fail(ResultCode code)
    {
        Invariant.That(code >= ResultCode.NotLeader, "what became of a proposal is a code from 100 on");
        Settle(ProposalResults.Of(code));
    }

    private void Settle(Proposed outcome)
    {
        if (TrySetResult(outcome))
        {
            slots.Release();
            _registration.Unregister();
        }
    }

    private void Abandon(CancellationToken token)
    {
        if (TrySetCanceled(token))
        {
            slots.Release();
        }
    }
}

/// <summary>Counts the proposals that somebody waits for. Thread-safe.</summary>
internal sealed class ProposalSlots(int max)
{
    private int _taken;

    /// <summary>Slots in use.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes one; false when all are in use.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= max)
        {
            return true;
        }

        Interlocked.Decrement(ref _taken);
        return false;
    }

    /// <summary>Gives one back.</summary>
    public void Release()
    {
        int left = Interlocked.Decrement(ref _taken);
        Invariant.That(left >= 0, "a slot is given back once");
    }
}

/// <summary>The fixed outcomes of proposals that were not applied.</summary>
internal static class ProposalResults
{
    /// <summary>An outcome without a place in the log.</summary>
    public static Proposed Of(ResultCode code) => new(new CommandResult(code), 0);
}
