namespace JobNode.Chaos.Histories;

/// <summary>
/// Reads never go back. GET /jobs/{id} is linearizable: it shows everything that was answered anywhere before it began.
/// GET /jobs shows the state of one node, which only moves forward, also across a restart of its process.
/// </summary>
internal sealed class ReadOrder(JobLedger ledger, Findings findings)
{
    private readonly Dictionary<(string Node, string Id), Watermark> _atNode = [];

    /// <summary>Moves of a checkpoint that somebody saw.</summary>
    public long CheckpointsSeen { get; private set; }

    /// <summary>A read of one job.</summary>
    /// <param name="operation">The call.</param>
    /// <param name="node">The node and the life of its data directory.</param>
    public void Read(Operation operation, string node)
    {
        JobTrace job = ledger.Of(operation.Id!, operation.AtUs);
        if (operation.Status == 404)
        {
            ledger.Miss(operation, job);
        }

        if (operation.Outcome != Outcome.Ok)
        {
            return;
        }

        foreach (JobSeen seen in operation.Jobs ?? [])
        {
            See(operation, job, seen);
            Compare(operation, job, seen, job.Everywhere, "was answered before");
            Position position = Position.Of(seen.State, seen.Done);
            if (job.Everywhere.Raise(position, operation.AtUs) && position is { Rank: 0, Done: > 1 })
            {
                CheckpointsSeen++;
            }

            Compare(operation, job, seen, AtNode(node, job.Id), "was shown by the same node before");
            AtNode(node, job.Id).Raise(position, operation.AtUs);
        }
    }

    /// <summary>A list of a node that holds the log.</summary>
    /// <param name="operation">The call.</param>
    /// <param name="node">The node and the life of its data directory.</param>
    public void List(Operation operation, string node)
    {
        foreach (JobSeen seen in operation.Jobs ?? [])
        {
            JobTrace job = ledger.Of(seen.Id, operation.AtUs);
            See(operation, job, seen);
            Compare(operation, job, seen, AtNode(node, job.Id), "was shown by the same node before");
            Position position = Position.Of(seen.State, seen.Done);
            if (AtNode(node, job.Id).Raise(position, operation.AtUs) && position is { Rank: 0, Done: > 1 })
            {
                CheckpointsSeen++;
            }
        }
    }

    private Watermark AtNode(string node, string id)
    {
        if (!_atNode.TryGetValue((node, id), out Watermark? mark))
        {
            mark = new Watermark();
            _atNode.Add((node, id), mark);
        }

        return mark;
    }

    private void See(Operation operation, JobTrace job, JobSeen seen)
    {
        ledger.Show(operation, job, seen);
        (job.LastState, job.LastStateBy) = (seen.State, Findings.Name(operation));
        if (seen.State == "cancelled")
        {
            job.CancelledBy ??= Findings.Name(operation);
        }
    }

    private void Compare(Operation operation, JobTrace job, JobSeen seen, Watermark mark, string who)
    {
        if (mark.Before(operation.BeginUs) is not { } bound)
        {
            return;
        }

        // A running job shows at least its last checkpoint.
        Position shown = seen.State == "running" ? new Position(0, seen.Done) : Position.Of(seen.State, seen.Done);
        if (shown.CompareTo(bound.Position) < 0)
        {
            findings.Add(Rule.WentBack, operation.AtUs,
                $"{Findings.Name(operation)} shows job {job.Id} as {shown}, though '{bound.Position}' {who}"
                + $" (at {Findings.Time(bound.SinceUs)})");
        }
    }
}
