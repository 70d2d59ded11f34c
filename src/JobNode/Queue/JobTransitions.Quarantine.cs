using System.Text;
using JobNode.Commands;

namespace JobNode.Queue;

/// <content>What becomes of nodes that compute wrong results, and of what they computed.</content>
internal sealed partial class JobTransitions
{
    /// <summary>
    /// Takes progress back to a good place. A job at or before it gives StaleCheckpoint and stays; a result that waits
    /// is pending again, at the end of its queue; one that was pulled, or is wanted no more, gives AlreadyFinished.
    /// </summary>
    public ChainsResult Recall(Recall command)
    {
        Invariant.That(command.Chains.Count is >= 1 and <= Limits.JobsPerCommandMax, "a batch is within its bound");
        int heldBefore = state.Jobs.Count;
        var outcomes = new JobOutcome[command.Chains.Count];
        for (int i = 0; i < outcomes.Length; i++)
        {
            ChainProgress chain = command.Chains[i];
            outcomes[i] = new JobOutcome(chain.Id, RecallOne(chain));
        }

        Invariant.That(state.Jobs.Count == heldBefore, "a recall neither adds nor removes jobs");
        return new ChainsResult(outcomes);
    }

    /// <summary>Notes that a node gets no work. Again gives Duplicate, and the first reason stays.</summary>
    public CommandResult Quarantine(Quarantine command, ulong nowMs)
    {
        Invariant.That(command.Node != NodeId.None, "a quarantine is that of a node");
        Invariant.That(
            Encoding.UTF8.GetByteCount(command.Reason) is >= 1 and <= Limits.ReasonBytesMax, "a reason is bounded");
        bool isNew = state.Quarantined.Add(new QuarantinedNode(command.Node, nowMs, command.Reason));
        return NoteQuarantine(isNew);
    }

    /// <summary>Ends a quarantine. One that there is none of gives Duplicate.</summary>
    public CommandResult Release(Release command) => NoteQuarantine(state.Quarantined.Remove(command.Node));

    private CommandResult NoteQuarantine(bool isNew)
    {
        if (isNew)
        {
            events.Add(new JobEvent(JobEventKind.Quarantine, default));
        }

        return isNew ? CommandResult.Ok : new CommandResult(ResultCode.Duplicate);
    }

    private ResultCode RecallOne(in ChainProgress chain)
    {
        int slot = state.Jobs.Find(chain.Id);
        if (slot < 0)
        {
            return ResultCode.UnknownJob;
        }

        JobRecord record = state.Jobs[slot];
        if (record.State is not (JobState.Pending or JobState.Completed))
        {
            return ResultCode.AlreadyFinished;
        }

        if (chain.IterationsDone >= record.IterationsDone)
        {
            return ResultCode.StaleCheckpoint;
        }

        if (record.State == JobState.Pending)
        {
            state.MoveBack(slot, chain.Chain, chain.IterationsDone);
            return ResultCode.Ok;
        }

        state.Move(slot, record with
        {
            Chain = chain.Chain,
            IterationsDone = chain.IterationsDone,
            FinishedAtMs = 0,
            State = JobState.Pending,
        });
        events.Add(new JobEvent(JobEventKind.Recalled, chain.Id));
        return ResultCode.Ok;
    }
}
