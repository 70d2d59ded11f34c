using System.Text.Json;
using JobNode.Commands;
using JobNode.Observability;
using JobNode.Queue;
using JobNode.Transport;

namespace JobNode.Api;

/// <summary>The calls about the node and the cluster.</summary>
internal sealed class StatusEndpoints(
    ApiParts parts, ClusterReader cluster, LeaderCalls leaderCalls, Metrics metrics)
{
    /// <summary>How long the status of a node without the log looks for the leader's.</summary>
    private static readonly TimeSpan LeaderPatience = TimeSpan.FromSeconds(1);

    /// <summary><c>GET /status</c>.</summary>
    public async Task StatusAsync(HttpContext context)
    {
        // What another node passed on was asked of this one.
        StatusResponse status = LeaderCalls.IsPassed(context)
            ? await cluster.ReadAsync(context.RequestAborted)
            : await ReadAsync(context.RequestAborted);
        await ApiResponses.JsonAsync(context, status, ApiJsonContext.Default.StatusResponse);
    }

    /// <summary>The status as this node knows it, or, where it has no state to tell of, as its leader does.</summary>
    public async Task<StatusResponse> ReadAsync(CancellationToken cancellation) =>
        await ReadLeadersAsync(cancellation) ?? await cluster.ReadAsync(cancellation);

    /// <summary><c>GET /livez</c>: the apply thread turns.</summary>
    public async Task LiveAsync(HttpContext context)
    {
        _ = await parts.ApplyThread.ReadAsync(static () => true, context.RequestAborted);
        await ApiResponses.TextAsync(context, 200, "text/plain", "ok\n");
    }

    /// <summary>
    /// <c>GET /readyz</c>: 200 while a leader is known, this node has caught up with it and does its part, else 503.
    /// What is wrong but keeps nobody from anything but new jobs is told in the body of the 200.
    /// </summary>
    public Task ReadyAsync(HttpContext context)
    {
        string sentences = string.Join(' ', parts.Conditions.Sentences);
        bool isBlocked = parts.Conditions.Has(NodeCondition.DiskBlocked);
        if (isBlocked || parts.Conditions.Has(NodeCondition.Draining) || parts.Conditions.Has(NodeCondition.Removed))
        {
            return ApiResponses.ProblemAsync(
                context, new Problem(isBlocked ? Problems.DiskBlocked : Problems.NotReady, sentences));
        }

        if (parts.Board.Current.Leader == NodeId.None)
        {
            return ApiResponses.ProblemAsync(
                context, Problems.NoQuorumNow("this node is not ready; ask again shortly"));
        }

        return parts.Conditions.Has(NodeCondition.CatchingUp)
            ? ApiResponses.ProblemAsync(context, new Problem(Problems.NotReady, sentences))
            : ApiResponses.TextAsync(context, 200, "text/plain", sentences.Length == 0 ? "ok\n" : $"ok\n{sentences}\n");
    }

    /// <summary><c>GET /metrics</c>.</summary>
    public async Task MetricsAsync(HttpContext context)
    {
        QueueCounts counts = await cluster.CountsAsync(context.RequestAborted);
        var writer = new PrometheusWriter();
        WriteConsensus(writer, parts.Board.Current);
        WriteTimings(writer, parts.Timings);
        WriteScrubs(writer, parts.Scrubs);
        if (!leaderCalls.IsForLeader(CallPassing.WithoutLog))
        {
            WriteQueue(writer, counts, parts.WorkBoard.Current);
        }

        WriteWork(writer, parts.WorkBoard.Current);
        WriteVerified(writer, parts.WorkBoard.Verified);
        writer.Gauge(
            "jobnode_quarantined_nodes",
            "Nodes that computed wrongly and get no work.",
            (await cluster.QuarantinedAsync(context.RequestAborted)).Length);
        writer.Family("jobnode_build_info", "gauge", "Always 1; the labels say what runs.");
        writer.Sample("jobnode_build_info", 1, ("version", ProgramVersion.Text), ("isa", parts.Kernel.Path));
        writer.Gauge("process_resident_memory_bytes", "Resident memory.", Environment.WorkingSet);
        writer.Gauge("jobnode_gc_heap_bytes", "Managed heap.", GC.GetTotalMemory(forceFullCollection: false));
        writer.Gauge("jobnode_job_waits", "Jobs that a reader waits for.", parts.Waiters.Count);
        metrics.Write(writer);
        await ApiResponses.TextAsync(context, 200, PrometheusWriter.ContentType, writer.ToString());
    }

    /// <summary><c>GET /openapi.json</c>.</summary>
    public static Task OpenApiAsync(HttpContext context) =>
        ApiResponses.BytesAsync(context, 200, "application/json", EmbeddedFiles.Read("openapi.json"));

    /// <summary><c>GET /</c>.</summary>
    public static Task DashboardAsync(HttpContext context) =>
        DashboardPage.WriteAsync(context, StatusCodes.Status200OK);

    /// <summary>
    /// On a node without the log, which has no state to tell of: the leader's status with this node in it. Null when
    /// this node has a state, or nobody answers: then it tells what little it knows.
    /// </summary>
    private async Task<StatusResponse?> ReadLeadersAsync(CancellationToken cancellation)
    {
        if (!leaderCalls.IsForLeader(CallPassing.WithoutLog))
        {
            return null;
        }

        PassedOutcome outcome = await leaderCalls.AskAsync("/status", LeaderPatience, cancellation);
        return outcome is { Fate: PassedFate.Answered, Answer: { Status: StatusCodes.Status200OK } answer }
            && JsonSerializer.Deserialize(answer.Body.Span, ApiJsonContext.Default.StatusResponse) is { } leaders
            ? leaders with { Node = cluster.Node(parts.Board.Current) }
            : null;
    }

    private static void WriteConsensus(PrometheusWriter writer, ConsensusStatus status)
    {
        writer.Gauge("jobnode_has_leader", "1 while this node knows a leader.", status.Leader == NodeId.None ? 0 : 1);
        writer.Gauge("jobnode_is_leader", "1 while this node leads.", status.IsLeader ? 1 : 0);
        writer.Gauge("jobnode_raft_term", "Raft term.", status.Term);
        writer.Gauge("jobnode_raft_commit_index", "Highest committed log index known here.", status.CommitIndex);
        writer.Gauge("jobnode_raft_applied_index", "Highest log index applied here.", status.AppliedIndex);
        writer.Gauge("jobnode_cluster_members", "Members of the cluster.", status.Configuration.Members.Count);
    }

    private static void WriteTimings(PrometheusWriter writer, RaftTimings timings)
    {
        writer.Gauge(
            "jobnode_log_sync_longest_seconds", "Longest write and sync of the log.", timings.LongestSync.TotalSeconds);
        writer.Gauge(
            "jobnode_leader_silence_longest_seconds",
            "Longest time between two messages of one leader, as they arrived here.",
            timings.LongestLeaderGap.TotalSeconds);
        writer.Gauge("jobnode_leader_changes", "How often another node became known as the leader.",
            timings.LeaderChanges);
    }

    private static void WriteScrubs(PrometheusWriter writer, ScrubCounts scrubs)
    {
        writer.Family("jobnode_scrub_passes_total", "counter", "Times that log and snapshot were read and verified.");
        writer.Sample("jobnode_scrub_passes_total", scrubs.Passes);
        writer.Family("jobnode_scrub_damage_total", "counter", "Files found damaged while this node ran.");
        writer.Sample("jobnode_scrub_damage_total", scrubs.Damages);
        writer.Gauge("jobnode_scrub_last_seconds", "How long the last of them took.", scrubs.LastPass.TotalSeconds);
    }

    private static void WriteQueue(PrometheusWriter writer, QueueCounts counts, WorkReport report)
    {
        long running = Math.Min(report.RunningJobs, counts.Unfinished);
        writer.Family("jobnode_jobs", "gauge", "Jobs held, by state.");
        writer.Sample("jobnode_jobs", counts.Unfinished - running, ("state", "pending"));
        writer.Sample("jobnode_jobs", running, ("state", "running"));
        writer.Sample("jobnode_jobs", counts.Completed, ("state", "completed"));
        writer.Sample("jobnode_jobs", counts.Pulled, ("state", "pulled"));
        writer.Sample("jobnode_jobs", counts.Cancelled, ("state", "cancelled"));
        writer.Gauge(
            "jobnode_iterations_remaining", "Hashes left to do in all jobs.", (double)counts.IterationsRemaining);
        writer.Family(
            "jobnode_result_mismatches_total", "counter", "Different results reported for one job: broken machine.");
        writer.Sample("jobnode_result_mismatches_total", counts.ResultMismatches);
    }

    private static void WriteWork(PrometheusWriter writer, WorkReport report)
    {
        Family(writer, report, "jobnode_node_iterations_per_second", "Hash rate with all lanes busy, by node.",
            static n => n.Rates.Full);
        Family(writer, report, "jobnode_node_iterations_per_second_now", "Hash rate of the last seconds, by node.",
            static n => n.Rates.Now);
        Family(writer, report, "jobnode_node_hash_threads", "Hash threads, by node.", static n => n.HashThreads);
        Family(writer, report, "jobnode_node_lanes", "Chains advanced at once, by node.", static n => n.Lanes);
        Family(writer, report, "jobnode_node_lanes_busy", "Lanes with a job, by node.", static n => n.LanesBusy);
        Family(writer, report, "jobnode_node_jobs_held", "Jobs in a node's hands, by node.", static n => n.JobsHeld);
    }

    private static void WriteVerified(PrometheusWriter writer, VerifyReport report)
    {
        Counter(writer, "jobnode_verify_checked_total", "Work that another node confirmed.", report.Checked);
        Counter(writer, "jobnode_verify_differed_total", "Work that came out otherwise.", report.Differed);
        Counter(writer, "jobnode_verify_unverified_total", "Checks with no other node to do them.", report.Unverified);
        Counter(writer, "jobnode_verify_recalled_total", "Jobs computed again after a faulty node.", report.Recalled);
        Counter(writer, "jobnode_verify_delivered_total", "Faulty node's jobs, given out before.", report.Delivered);
        writer.Gauge("jobnode_verify_suspects", "Nodes that contradict each other.", report.Suspects.Count);
    }

    private static void Counter(PrometheusWriter writer, string name, string help, double value)
    {
        writer.Family(name, "counter", $"{help} Since the leader leads.");
        writer.Sample(name, value);
    }

    private static void Family(
        PrometheusWriter writer, WorkReport report, string name, string help, Func<NodeWork, double> value)
    {
        writer.Family(name, "gauge", help);
        foreach (NodeWork node in report.Nodes)
        {
            writer.Sample(name, value(node), ("node", node.Node.ToString()));
        }
    }
}
