using JobNode.Commands;
using JobNode.Membership;
using JobNode.Observability;
using JobNode.Queue;

namespace JobNode.Api;

/// <summary>What this node knows of itself, the cluster and the work, put together for <c>GET /status</c>.</summary>
internal sealed class ClusterReader(ApiParts parts, ServeOptions options, string apiAddress, TimeProvider time)
{
    /// <summary>A report of work older than this, or of a leader younger than this, does not say who is lost.</summary>
    private const int ReportFreshMs = 5000;

    private readonly long _startedAt = time.GetTimestamp();
    private volatile bool _hadLeader;

    /// <summary>This node's cluster address, or its id until it has one.</summary>
    public string SelfAddress(ConsensusStatus status) =>
        status.Configuration.Find(status.Self)?.Address
        ?? (options.Advertise ?? options.ClusterListen).ToString();

    /// <summary><c>ready</c>, <c>starting</c>, <c>noQuorum</c> or <c>diskBlocked</c>.</summary>
    public string State(ConsensusStatus status)
    {
        if (parts.Conditions.Has(NodeCondition.DiskBlocked))
        {
            return "diskBlocked";
        }

        bool hasLeader = status.Leader != NodeId.None;
        _hadLeader |= hasLeader;
        if (hasLeader && parts.Conditions.Has(NodeCondition.CatchingUp))
        {
            return "starting";
        }

        return Health.StateOf(hasLeader, _hadLeader, time.GetElapsedTime(_startedAt));
    }

    /// <summary>The whole status.</summary>
    public async Task<StatusResponse> ReadAsync(CancellationToken cancellation)
    {
        (QueueCounts counts, QuarantinedNode[] quarantined) = await parts.ApplyThread.ReadAsync(
            () => (parts.View.Counts, parts.View.Quarantined), cancellation);
        IReadOnlyList<MemberReport> reports = await parts.Admin.ListAsync(cancellation);
        ConsensusStatus status = parts.Board.Current;
        WorkReport report = parts.WorkBoard.Current;
        long running = Math.Min(report.RunningJobs, counts.Unfinished);
        return new StatusResponse(
            Node(status),
            status.Configuration.ClusterId.ToString("x32"),
            status.LeaderAddress,
            status.Term,
            status.CommitIndex,
            status.AppliedIndex,
            status.StateDigest.ToString("x32"),
            new StatusQueue(counts.Unfinished - running, running, counts.Completed, counts.Pulled, counts.Cancelled),
            Members(status, report, reports, quarantined),
            Math.Round(report.IterationsPerSecond),
            Math.Round(report.IterationsPerSecondNow),
            counts.IterationsRemaining,
            report.SecondsFor(counts.IterationsRemaining) is { } seconds ? Math.Round(seconds, 1) : null)
        {
            NodesWanted = NodesWanted(counts, status, report),
            LeaderIsNew = status.Leader != NodeId.None
                && parts.Timings.SinceLeaderNoted.TotalMilliseconds < ReportFreshMs,
        };
    }

    /// <summary>Nodes that it takes to empty the queue in time.</summary>
    public int NodesWanted(QueueCounts counts, ConsensusStatus status, WorkReport report) => DrainPlan.NodesWanted(
        counts.IterationsRemaining,
        counts.Unfinished,
        report.Nodes,
        status.Configuration.Members.Count(static member => member.Role == MemberRole.Voter),
        options.Limits.DrainTarget);

    /// <summary>This node's own part of the status.</summary>
    public StatusNode Node(ConsensusStatus status) => new(
        status.Self.ToString(),
        SelfAddress(status),
        apiAddress,
        RoleNames.OfSelf(status),
        parts.Conditions.Has(NodeCondition.Draining) ? "draining" : State(status),
        ProgramVersion.Text,
        parts.Kernel.Path,
        [.. parts.Conditions.Sentences, .. parts.Kernel.Warnings, .. Doubts()]);

    /// <summary>That nodes contradict each other, and what to do.</summary>
    private string[] Doubts()
    {
        IReadOnlyList<NodeId> suspects = parts.WorkBoard.Verified.Suspects;
        return suspects.Count == 0
            ? []
            : [$"nodes {string.Join(" and ", suspects)} computed different results for the same work, and those jobs "
                + "wait: a third node decides which of them is faulty, once there is one"];
    }

    private List<StatusMember> Members(
        ConsensusStatus status,
        WorkReport report,
        IReadOnlyList<MemberReport> reports,
        QuarantinedNode[] quarantined)
    {
        bool isDraining = parts.Conditions.Has(NodeCondition.Draining);
        var told = reports.ToDictionary(static report => report.Member.Id);
        bool fresh = (time.GetUtcNow() - report.TakenAt).TotalMilliseconds <= ReportFreshMs;
        var members = new List<StatusMember>(status.Configuration.Members.Count);
        foreach (Member member in status.Configuration.Members)
        {
            NodeWork? work = WorkOf(report, member.Id);
            MemberReport? said = told.GetValueOrDefault(member.Id);
            bool isSelf = member.Id == status.Self;
            members.Add(new StatusMember(
                member.Id.ToString(),
                member.Address,
                isSelf ? RoleNames.OfSelf(status) : RoleNames.Of(member, member.Id == status.Leader),
                isSelf || (fresh && work is not null),
                (isSelf && isDraining) || said is { IsDraining: true },
                work?.HashThreads ?? 0,
                work?.Lanes ?? 0,
                work?.LanesBusy ?? 0,
                work?.JobsHeld ?? 0,
                Math.Round(work?.Rates.Full ?? 0),
                Math.Round(work?.Rates.Now ?? 0),
                work?.KernelPath)
            {
                Quarantine = Array.Find(quarantined, node => node.Node == member.Id).Reason,
                Suspect = parts.WorkBoard.Verified.Suspects.Contains(member.Id),
                ComputeOnly = isSelf ? options.Membership.IsComputeOnly : said is { IsComputeOnly: true },
            });
        }

        return members;
    }

    private static NodeWork? WorkOf(WorkReport report, NodeId id)
    {
        foreach (NodeWork work in report.Nodes)
        {
            if (work.Node == id)
            {
                return work;
            }
        }

        return null;
    }
}
