using JobNode.Commands;

namespace JobNode.Scheduling;

/// <content>
/// Work computed again on another node: which, by whom, and what follows when it comes out otherwise.
/// </content>
internal sealed partial class Dispatcher
{
    private readonly SortedDictionary<NodeId, WorkHistory> _histories = [];
    private readonly SortedDictionary<NodeId, Queue<SegmentCheck>> _firstChecks = [];
    private readonly HashSet<SegmentCheck> _checks = [];
    private readonly List<SegmentCheck> _disputes = [];
    private readonly HashSet<NodeId> _quarantined = [];
    private readonly HashSet<NodeId> _condemned = [];
    private long _segments;
    private ulong _names;
    private bool _hasAssigned;

    /// <summary>Segments that another node confirmed.</summary>
    public ulong Checked { get; private set; }

    /// <summary>Segments that came out otherwise on another node.</summary>
    public ulong Differed { get; private set; }

    /// <summary>Segments that were to be checked, and no other node was there to do it.</summary>
    public ulong Unverified { get; private set; }

    /// <summary>Checks that are not decided.</summary>
    public int ChecksOpen => _checks.Count;

    /// <summary>Nodes that contradict each other, and nobody can tell yet which is right.</summary>
    public IReadOnlyList<NodeId> Suspects
    {
        get
        {
            List<NodeId> suspects = [];
            foreach (SegmentCheck check in _disputes)
            {
                foreach (ChainOpinion opinion in check.Opinions)
                {
                    if (!suspects.Contains(opinion.Node) && suspects.Count < SchedulingLimits.SuspectsMax)
                    {
                        suspects.Add(opinion.Node);
                    }
                }
            }

            return suspects;
        }
    }

    /// <summary>True when this node gets no work.</summary>
    public bool IsQuarantined(NodeId node) => _quarantined.Contains(node);

    /// <summary>There is reason to look at this node: its next segment is checked.</summary>
    public void CheckNext(NodeId node) => HistoryOf(node).MustCheck = true;

    /// <summary>
    /// Takes over what the replicated state says: nodes in quarantine give back what they have, and nodes that were
    /// released work again. One found faulty here stays so until the state knew of it.
    /// </summary>
    public void SetQuarantined(IReadOnlyList<QuarantinedNode> nodes)
    {
        var next = new HashSet<NodeId>();
        foreach (QuarantinedNode node in nodes)
        {
            next.Add(node.Node);
            _condemned.Remove(node.Node);
        }

        next.UnionWith(_condemned);
        _quarantined.Clear();
        _quarantined.UnionWith(next);
        foreach (DispatchWorker worker in _workers.Values)
        {
            bool isQuarantined = next.Contains(worker.Node);
            if (isQuarantined && !worker.IsQuarantined)
            {
                worker.IsQuarantined = true;
                TakeBack(worker);
            }
            else if (worker.IsQuarantined && !isQuarantined)
            {
                worker.IsQuarantined = false;
                HistoryOf(worker.Node).MustCheck = true;
            }
        }
    }

    private WorkHistory HistoryOf(NodeId node)
    {
        if (!_histories.TryGetValue(node, out WorkHistory? history))
        {
            _histories.Add(node, history = new WorkHistory());
        }

        return history;
    }

    /// <summary>Ends the segment of a job in a hand, where its worker last said that it stands.</summary>
    private void CloseSegment(DispatchedJob job)
    {
        if (job.Worker is { } worker
            && job.Check is null
            && job.ReportedBy == worker.Node
            && job.IterationsDone > job.SegmentStart.IterationsDone)
        {
            var end = new ChainProgress(job.Id, job.Chain, job.IterationsDone);
            Note(job, worker.Node, job.SegmentStart, end, job.IsSegmentOwn);
        }
    }

    /// <summary>Remembers a segment, and has it checked if chance or its worker's history says so.</summary>
    private void Note(DispatchedJob job, NodeId worker, ChainProgress start, ChainProgress end, bool isOwn)
    {
        Invariant.That(start.IterationsDone < end.IterationsDone, "a segment has work in it");
        if (verify.Share <= 0)
        {
            return;
        }

        var segment = new ChainSegment(job, worker, start, end, isOwn, _segments++);
        WorkHistory history = HistoryOf(worker);
        history.Add(new PastSegment(start, segment.Sequence));
        if (!history.MustCheck && !IsChosen(start))
        {
            return;
        }

        if (_hasAssigned && !HasOther(worker))
        {
            Unverified++;
            return;
        }

        history.BeginCheck(segment.Sequence);
        var check = new SegmentCheck(segment);
        _checks.Add(check);
        (job.OpenChecks ??= []).Add(check);
        AskAnother(check);
    }

    /// <summary>By a hash that no worker can foresee.</summary>
    private bool IsChosen(ChainProgress start)
    {
        ulong hash = Mix(verify.Salt ^ (ulong)start.Id.Value);
        hash = Mix(hash ^ (ulong)(start.Id.Value >> 64));
        hash = Mix(hash ^ start.IterationsDone);
        return (hash >> 11) * (1.0 / (1UL << 53)) < verify.Share;
    }

    private bool HasOther(NodeId node)
    {
        foreach (DispatchWorker worker in _workers.Values)
        {
            if (worker.IsUsable && worker.Node != node)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Checks go first: they are few, hold results back, and keep their job's priority in the hand.</summary>
    private void AssignChecks(List<Assignment> into)
    {
        _hasAssigned = true;
        foreach ((NodeId worker, Queue<SegmentCheck> waiting) in _firstChecks)
        {
            while (waiting.TryPeek(out SegmentCheck? check))
            {
                bool isWaiting = !check.IsClosed && check.IsFirst && check.Task is { Worker: null };
                DispatchWorker? other = isWaiting ? FindWorker(check.Task!) : null;
                if (isWaiting && other is null && HasOther(worker))
                {
                    break;
                }

                waiting.Dequeue();
                if (other is not null)
                {
                    Give(check.Task!, other, into);
                }
                else if (isWaiting)
                {
                    Unverified++;
                    HistoryOf(worker).MustCheck = true;
                    Close(check, isGood: false);
                }
            }
        }

        foreach (SegmentCheck check in _disputes)
        {
            AssignDispute(check, into);
        }
    }

    /// <summary>Asks a node that was not asked yet; when there is none, those who answered once.</summary>
    private void AssignDispute(SegmentCheck check, List<Assignment> into)
    {
        if (check.Task is { Worker: not null })
        {
            return;
        }

        check.AsksAgain = true;
        foreach (DispatchWorker worker in _workers.Values)
        {
            check.AsksAgain &= !worker.IsUsable || check.CountOf(worker.Node) > 0;
        }

        check.Task ??= NewTask(check);
        if (FindWorker(check.Task) is { } next)
        {
            Give(check.Task, next, into);
        }
    }

    /// <summary>Whoever had the check is gone or needed no more: the next one gets it, under a new name.</summary>
    private void AskAnother(SegmentCheck check)
    {
        EndTask(check);
        if (check.IsFirst)
        {
            check.Task = NewTask(check);
            NodeId worker = check.Segment.Worker;
            if (!_firstChecks.TryGetValue(worker, out Queue<SegmentCheck>? waiting))
            {
                _firstChecks.Add(worker, waiting = new Queue<SegmentCheck>());
            }

            waiting.Enqueue(check);
        }
    }

    private DispatchedJob NewTask(SegmentCheck check)
    {
        ChainSegment segment = check.Segment;
        ChainProgress start = segment.Start;
        var hand = new JobInHand(
            NewName(), start.Chain, start.IterationsDone, segment.End.IterationsDone, segment.Job.Priority);
        var task = new DispatchedJob(hand, start.IterationsDone, _sequence++) { Check = check };
        _jobs.Add(task.Id, task);
        return task;
    }

    private void EndTask(SegmentCheck check)
    {
        if (check.Task is { } task)
        {
            DropFromHand(task);
            Detach(task);
            Untrack(task);
            check.Task = null;
        }
    }

    private void TakeOpinion(SegmentCheck check, NodeId node, Digest512 result)
    {
        Detach(check.Task!);
        EndTask(check);
        bool wasDisputed = check.IsDisputed;
        check.Add(node, result);
        if (check.IsDisputed && !wasDisputed)
        {
            Differed++;
            _disputes.Add(check);
            News.Differences.Add(check);
        }

        Decide(check);
    }

    private void Decide(SegmentCheck check)
    {
        if (check.IsClosed || check.IsFirst)
        {
            return;
        }

        if (!check.IsDisputed)
        {
            Checked++;
            Close(check, isGood: true);
            return;
        }

        foreach (NodeId faulty in check.FindFaulty())
        {
            bool isGuessed = faulty == check.Segment.Worker && !check.Segment.IsOwn;
            if (isGuessed && !check.ContradictsItself(faulty))
            {
                Doubt(check);
            }
            else
            {
                Condemn(faulty, check);
            }
        }
    }

    private void Close(SegmentCheck check, bool isGood)
    {
        check.IsClosed = true;
        EndTask(check);
        _checks.Remove(check);
        _disputes.Remove(check);
        HistoryOf(check.Segment.Worker).EndCheck(check.Segment.Sequence, isGood);
        DispatchedJob job = check.Segment.Job;
        bool known = job.OpenChecks!.Remove(check);
        Invariant.That(known, "a check is open until it is closed");
        if (job.Held is { } held && !job.IsBeingChecked)
        {
            job.Held = null;
            News.Results.Add(held);
        }
    }

    private JobId NewName()
    {
        ulong high = Mix(verify.Salt ^ ++_names);
        return JobId.NameOf(high, Mix(high ^ ++_names));
    }

    private static ulong Mix(ulong value) => BitMixer.Mix(value + 0x9e3779b97f4a7c15);
}
