using JobNode.Commands;
using JobNode.Membership;
using JobNode.Observability;
using JobNode.Queue;

namespace JobNode.Api;

/// <summary>
/// All measures of a node, for Prometheus and for a collector. What a node knows of itself it tells itself; what
/// concerns all members (lag, silence, their work) only the leader tells, so that a cluster of a thousand nodes does
/// not tell everything a thousand times.
/// </summary>
internal sealed class NodeMetrics(
    ApiParts parts, ClusterReader cluster, LeaderCalls leaderCalls, Metrics requests, TimeProvider time)
{
    /// <summary>A voter not heard of for this long counts as down, in milliseconds.</summary>
    private const int SilentMs = 5_000;

    private static readonly (NodeCondition Condition, string Name)[] Conditions =
    [
        (NodeCondition.Draining, "draining"),
        (NodeCondition.CatchingUp, "catching_up"),
        (NodeCondition.DiskBlocked, "disk_blocked"),
        (NodeCondition.DiskLow, "disk_low"),
        (NodeCondition.SnapshotFailed, "snapshot_failed"),
        (NodeCondition.DamagedAtRest, "damaged_at_rest"),
        (NodeCondition.Removed, "removed"),
    ];

    /// <summary>Reads everything; what it gives writes it.</summary>
    public async Task<Action<IMetricWriter>> ReadAsync(CancellationToken cancellation)
    {
        (QueueCounts counts, ulong? oldestMs, int quarantined) = await parts.ApplyThread.ReadAsync(
            () => (parts.View.Counts, parts.View.OldestUnfinishedMs, parts.View.Quarantined.Length), cancellation);
        ConsensusStatus status = parts.Board.Current;
        IReadOnlyList<MemberReport> members =
            status.IsLeader ? await parts.Admin.ListAsync(cancellation) : [];
        return writer =>
        {
            WriteConsensus(writer, status);
            WriteDisk(writer);
            if (!leaderCalls.IsForLeader(CallPassing.WithoutLog))
            {
                WriteQueue(writer, counts, oldestMs);
                writer.Gauge("jobnode_quarantined_nodes", "Nodes that computed wrongly and get no work.", quarantined);
                writer.Gauge(
                    "jobnode_nodes_wanted",
                    "Nodes that it takes to empty the queue within --drain-target, never fewer than the voters.",
                    cluster.NodesWanted(counts, status, parts.WorkBoard.Current));
            }

            WriteWork(writer);
            WriteNode(writer);
            if (status.IsLeader)
            {
                WriteMembers(writer, status, members);
                WriteVerified(writer, parts.WorkBoard.Verified);
            }

            ProcessFacts.Write(writer);
            requests.Write(writer);
        };
    }

    private void WriteConsensus(IMetricWriter writer, ConsensusStatus status)
    {
        RaftTimings timings = parts.Timings;
        writer.Gauge("jobnode_has_leader", "1 while this node knows a leader.", status.Leader == NodeId.None ? 0 : 1);
        writer.Gauge("jobnode_is_leader", "1 while this node leads.", status.IsLeader ? 1 : 0);
        writer.Counter(
            "jobnode_leader_changes_total", "How often another node became known as the leader.",
            timings.LeaderChanges);
        writer.Gauge("jobnode_raft_term", "Raft term.", status.Term);
        writer.Gauge("jobnode_raft_commit_index", "Highest committed log index known here.", status.CommitIndex);
        writer.Gauge("jobnode_raft_applied_index", "Highest log index applied here.", status.AppliedIndex);
        writer.Gauge("jobnode_cluster_members", "Members of the cluster.", status.Configuration.Members.Count);
        writer.Gauge(
            "jobnode_proposals_pending", "Commands that wait for their place in the log here.",
            parts.Measures.ProposalsPending());
        writer.Family(
            "jobnode_commit_duration_seconds",
            MetricKind.Histogram,
            "From the proposal of a log entry to its being committed and applied, where it was proposed.");
        writer.Sample(timings.CommitDurations.Read());
        writer.Family(
            "jobnode_log_sync_duration_seconds", MetricKind.Histogram, "Write and fdatasync of the log.");
        writer.Sample(timings.SyncDurations.Read());
        writer.Gauge(
            "jobnode_log_sync_longest_seconds", "Longest write and sync of the log.", timings.LongestSync.TotalSeconds);
        writer.Gauge(
            "jobnode_leader_silence_longest_seconds",
            "Longest time between two messages of one leader, as they arrived here.",
            timings.LongestLeaderGap.TotalSeconds);
    }

    private void WriteDisk(IMetricWriter writer)
    {
        if (parts.Measures.Disk() is { } disk)
        {
            writer.Gauge("jobnode_disk_free_bytes", "Left on the file system of --data-dir.", disk.Free);
            writer.Gauge("jobnode_disk_size_bytes", "Size of the file system of --data-dir.", disk.Size);
            writer.Gauge(
                "jobnode_disk_free_wanted_bytes", "With less left new jobs are refused (--min-free-disk).",
                disk.Wanted);
            writer.Gauge("jobnode_log_bytes", "The log on disk.", disk.Log);
            writer.Gauge("jobnode_snapshot_bytes", "The newest snapshot on disk.", disk.Snapshot);
        }

        SnapshotTimings snapshots = parts.Measures.Snapshots;
        writer.Counter("jobnode_snapshots_total", "Snapshots written.", snapshots.Saved);
        writer.Counter("jobnode_snapshot_failures_total", "Snapshots that could not be written.", snapshots.Failed);
        writer.Gauge(
            "jobnode_snapshot_duration_seconds", "How long the newest snapshot took to write; 0 before the first.",
            snapshots.LastDuration.TotalSeconds);
        writer.Family(
            "jobnode_snapshot_timestamp_seconds",
            MetricKind.Gauge,
            "When this process last wrote a snapshot, in seconds since 1970.");
        if (snapshots.Saved > 0)
        {
            writer.Sample(snapshots.LastUnixMs / 1e3);
        }

        writer.Counter(
            "jobnode_scrub_passes_total", "Times that log and snapshot were read and verified.", parts.Scrubs.Passes);
        writer.Counter(
            "jobnode_scrub_damage_total", "Files found damaged while this node ran.", parts.Scrubs.Damages);
        writer.Gauge(
            "jobnode_scrub_last_seconds", "How long the last verification took.", parts.Scrubs.LastPass.TotalSeconds);
    }

    private void WriteQueue(IMetricWriter writer, QueueCounts counts, ulong? oldestMs)
    {
        long running = Math.Min(parts.WorkBoard.Current.RunningJobs, counts.Unfinished);
        writer.Family("jobnode_jobs", MetricKind.Gauge, "Jobs held, by state; the same on every node.");
        writer.Sample(counts.Unfinished - running, ("state", "pending"));
        writer.Sample(running, ("state", "running"));
        writer.Sample(counts.Completed, ("state", "completed"));
        writer.Sample(counts.Pulled, ("state", "pulled"));
        writer.Sample(counts.Cancelled, ("state", "cancelled"));
        writer.Gauge(
            "jobnode_iterations_remaining", "Hashes left to do in all jobs.", (double)counts.IterationsRemaining);
        double age = oldestMs is { } since ? (time.GetUtcNow().ToUnixTimeMilliseconds() - (double)since) / 1e3 : 0;
        writer.Gauge(
            "jobnode_oldest_pending_job_age_seconds",
            "Age of the oldest job that is not finished; 0 when there is none.",
            Math.Max(0, age));
        writer.Counter(
            "jobnode_result_mismatches_total", "Different results reported for one job: broken machine.",
            counts.ResultMismatches);
    }

    private void WriteWork(IMetricWriter writer)
    {
        NodeMeasures measures = parts.Measures;
        writer.Family(
            "jobnode_iterations_total", MetricKind.Counter, "Hashes done by this node, by the path of its kernel.");
        writer.Sample(measures.IterationsDone(), ("path", parts.Kernel.Path));
        (int busy, int all) = measures.Lanes();
        writer.Gauge("jobnode_lanes_busy", "Lanes of this node with a job.", busy);
        writer.Gauge("jobnode_lanes", "Chains that this node can advance at once.", all);
        writer.Gauge("jobnode_job_waits", "Jobs that a reader waits for.", parts.Waiters.Count);
    }

    private void WriteNode(IMetricWriter writer)
    {
        writer.Family("jobnode_condition", MetricKind.Gauge, "1 while something keeps this node from full service.");
        foreach ((NodeCondition condition, string name) in Conditions)
        {
            writer.Sample(parts.Conditions.Has(condition) ? 1 : 0, ("condition", name));
        }

        writer.Family(
            "jobnode_certificate_expiry_timestamp_seconds",
            MetricKind.Gauge,
            "When a certificate of this node ends, in seconds since 1970, by port.");
        foreach ((string port, DateTimeOffset end) in parts.Measures.Certificates())
        {
            writer.Sample(end.ToUnixTimeSeconds(), ("port", port));
        }

        OtlpCounts telemetry = parts.Measures.Telemetry;
        writer.Counter("jobnode_otlp_spans_total", "Spans that the collector took.", telemetry.SpansSent);
        writer.Family(
            "jobnode_otlp_dropped_total", MetricKind.Counter,
            "Spans, and sendings of metrics, that the collector did not take.");
        writer.Sample(telemetry.SpansDropped, ("signal", "traces"));
        writer.Sample(telemetry.MetricsDropped, ("signal", "metrics"));
        writer.Family("jobnode_build_info", MetricKind.Gauge, "Always 1; the labels say what runs.");
        writer.Sample(1, ("version", ProgramVersion.Text), ("isa", parts.Kernel.Path));
    }

    private void WriteMembers(IMetricWriter writer, ConsensusStatus status, IReadOnlyList<MemberReport> members)
    {
        bool IsHeard(MemberReport row) =>
            row.Member.Id == status.Self || row.SinceContact?.TotalMilliseconds < SilentMs;
        List<MemberReport> voters = [.. members.Where(static row => row.Member.Role == MemberRole.Voter)];
        writer.Gauge("jobnode_voters", "Members that vote. Told by the leader.", voters.Count);
        writer.Gauge("jobnode_voters_heard", "Of these, heard of lately. Told by the leader.", voters.Count(IsHeard));
        Family(writer, members, "jobnode_member_entries_behind", "Log entries that a member lacks.",
            static row => row.EntriesBehind);
        Family(writer, members, "jobnode_member_silence_seconds", "Since a member was last heard of.",
            static row => row.SinceContact?.TotalSeconds);
        WorkReport report = parts.WorkBoard.Current;
        writer.Gauge("jobnode_nodes", "Nodes that take work. Told by the leader.", report.Nodes.Count);
        Family(writer, report, "jobnode_node_iterations_per_second", "Hash rate with all lanes busy, by node.",
            static n => n.Rates.Full);
        Family(writer, report, "jobnode_node_iterations_per_second_now", "Hash rate of the last seconds, by node.",
            static n => n.Rates.Now);
        Family(writer, report, "jobnode_node_hash_threads", "Hash threads, by node.", static n => n.HashThreads);
        Family(writer, report, "jobnode_node_lanes", "Chains advanced at once, by node.", static n => n.Lanes);
        Family(writer, report, "jobnode_node_lanes_busy", "Lanes with a job, by node.", static n => n.LanesBusy);
        Family(writer, report, "jobnode_node_jobs_held", "Jobs in a node's hands, by node.", static n => n.JobsHeld);
    }

    private static void WriteVerified(IMetricWriter writer, VerifyReport report)
    {
        Verified(writer, "jobnode_verify_checked_total", "Work that another node confirmed.", report.Checked);
        Verified(writer, "jobnode_verify_differed_total", "Work that came out otherwise.", report.Differed);
        Verified(writer, "jobnode_verify_unverified_total", "Checks with no other node to do them.", report.Unverified);
        Verified(writer, "jobnode_verify_recalled_total", "Jobs computed again after a faulty node.", report.Recalled);
        Verified(writer, "jobnode_verify_delivered_total", "Faulty node's jobs, given out before.", report.Delivered);
        writer.Gauge("jobnode_verify_suspects", "Nodes that contradict each other.", report.Suspects.Count);
    }

    private static void Verified(IMetricWriter writer, string name, string help, double value) =>
        writer.Counter(name, $"{help} Told by the leader, since it leads.", value);

    private static void Family(
        IMetricWriter writer,
        IReadOnlyList<MemberReport> members,
        string name,
        string help,
        Func<MemberReport, double?> valueOf)
    {
        writer.Family(name, MetricKind.Gauge, $"{help} Told by the leader.");
        foreach (MemberReport row in members)
        {
            if (valueOf(row) is { } value)
            {
                writer.Sample(value, ("node", row.Member.Id.ToString()), ("address", row.Member.Address));
            }
        }
    }

    private static void Family(
        IMetricWriter writer, WorkReport report, string name, string help, Func<NodeWork, double> value)
    {
        writer.Family(name, MetricKind.Gauge, $"{help} Told by the leader.");
        foreach (NodeWork node in report.Nodes)
        {
            writer.Sample(value(node), ("node", node.Node.ToString()));
        }
    }
}
