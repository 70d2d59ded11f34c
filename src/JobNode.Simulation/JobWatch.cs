using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Simulation;

/// <summary>
/// Looks at the jobs that a command speaks of, before and after it is applied: each goes through its states in order
/// and once, its chain is the one that it should be, and no result leaves under two keys.
/// </summary>
internal sealed class JobWatch(NodeId node, QueueView view, HistoryChecker checker)
{
    private readonly List<(JobId Id, JobDetails? Before)> _jobs = [];

    /// <summary>Before the command.</summary>
    public void Before(Command command)
    {
        _jobs.Clear();
        Require(command is not (Recall or Quarantine), $"applies {command}, though all workers compute rightly");
        switch (command)
        {
            case Enqueue enqueue:
                Look(enqueue.Jobs.Select(static job => job.Id));
                break;
            case Complete complete:
                Look(complete.Chains.Select(static chain => chain.Id));
                break;
            case Checkpoint checkpoint:
                Look(checkpoint.Chains.Select(static chain => chain.Id));
                break;
            case Cancel cancel:
                Look([cancel.Id]);
                break;
            default:
                break;
        }
    }

    /// <summary>After it.</summary>
    public void After(Command command, CommandResult result)
    {
        foreach ((JobId id, JobDetails? before) in _jobs)
        {
            JobDetails? after = view.Find(id);
            if (before is { } known)
            {
                Require(after is not null, $"lost job {id} in {command.GetType().Name}");
                Compare(command, known, after!.Value);
            }
            else if (after is { } made)
            {
                Require(command is Enqueue, $"made job {id} in {command.GetType().Name}");
                CheckChain(made);
            }
        }

        if (result is PullResult pulled && command is Pull pull)
        {
            foreach (PulledJob job in pulled.Jobs)
            {
                Require(
                    job.Result == StandInChain.Of(StandInChain.NumberOf(job.Result), job.Iterations),
                    $"gave out a result of job {job.Id} that is not its own");
                checker.Pulled(job.Id, pull.Key);
            }
        }
    }

    private void Look(IEnumerable<JobId> ids)
    {
        foreach (JobId id in ids)
        {
            _jobs.Add((id, view.Find(id)));
        }
    }

    private void Compare(Command command, JobDetails before, JobDetails after)
    {
        if (before == after)
        {
            return;
        }

        Require(before.State == JobState.Pending, $"changed job {before.Id}, which was {before.State}");
        Require(
            after.IterationsDone > before.IterationsDone || after.State == JobState.Cancelled,
            $"took job {before.Id} back from {before.IterationsDone} to {after.IterationsDone}");
        Require(
            (command, after.State) is (Complete, JobState.Completed)
                or (Checkpoint, JobState.Pending)
                or (Cancel, JobState.Cancelled),
            $"made job {before.Id} {after.State} by {command.GetType().Name}");
        Require(
            StandInChain.NumberOf(before.Chain) == StandInChain.NumberOf(after.Chain),
            $"gave job {before.Id} another's chain");
        CheckChain(after);
        if (command is Checkpoint)
        {
            checker.NoteMoved(after.Id, after.IterationsDone);
        }
    }

    private void CheckChain(JobDetails job)
    {
        Require(
            job.Chain == StandInChain.Of(StandInChain.NumberOf(job.Chain), job.IterationsDone),
            $"has a chain of job {job.Id} that is not the one after {job.IterationsDone} iterations");
        Require(
            job.State is JobState.Pending or JobState.Cancelled == (job.IterationsDone < job.IterationsTotal),
            $"took job {job.Id} for finished or not at {job.IterationsDone} of {job.IterationsTotal}");
    }

    private void Require(bool holds, string reason) => HistoryChecker.Require(holds, $"node {node} {reason}");
}
