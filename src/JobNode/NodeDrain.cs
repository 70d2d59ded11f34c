using System.Diagnostics;
using JobNode.Api;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Membership;
using JobNode.Observability;
using JobNode.Scheduling;

namespace JobNode;

/// <summary>
/// The orderly end of a node, in less than ten seconds: work goes back with its progress, another node leads and votes
/// in its place (or, when it leaves for good, it is no member any more), calls under way are answered. Until the last
/// step the node answers every call as before; only then does its port close.
/// </summary>
internal sealed class NodeDrain(
    NodeStop stop,
    NodeConditions conditions,
    WorkService work,
    Announcer announcer,
    RaftLoop loop,
    StatusBoard board,
    ApiServer api,
    ILogger logger)
{
    private const int AnnounceEveryMs = 200;
    private const int LeaderlessAttemptsMax = 8;

    private static readonly TimeSpan RolesPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WorkPatience = TimeSpan.FromMilliseconds(3500);
    private static readonly TimeSpan HandoverPatience = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan ApiPatience = TimeSpan.FromSeconds(3);

    /// <summary>Runs it; afterwards the node may be taken down.</summary>
    public async Task RunAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        conditions.Raise(
            NodeCondition.Draining,
            stop.IsLeaving ? "this node leaves the cluster and stops" : "this node hands its part over and stops");
        if (!board.Current.IsLeader)
        {
            stop.BeginDraining();
        }

        // A leader of work replicates what came back to it, so it leads until that is done.
        logger.DrainStep("its work");
        await Task.WhenAny(work.HandBackAsync(), Task.Delay(WorkPatience));
        stop.BeginDraining();
        using var patience = new CancellationTokenSource(RolesPatience - Bounded(Stopwatch.GetElapsedTime(begin)));
        try
        {
            await HandOverRolesAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            logger.DrainStep("its roles took too long; it stops with them");
        }

        await loop.HandOverAsync(HandoverPatience);
        logger.DrainStep("its calls");
        using var calls = new CancellationTokenSource(ApiPatience);
        await api.StopAsync(calls.Token);
    }

    private static TimeSpan Bounded(TimeSpan spent) =>
        spent < RolesPatience ? spent : RolesPatience - TimeSpan.FromMilliseconds(1);

    private async Task HandOverRolesAsync(CancellationToken cancellation)
    {
        string? said = null;
        int leaderless = 0;
        while (!IsDone())
        {
            leaderless = board.Current.Leader == NodeId.None ? leaderless + 1 : 0;
            if (leaderless > LeaderlessAttemptsMax)
            {
                logger.DrainStep("nothing more to do: no node leads that could take its part");
                return;
            }

            AnnounceAnswer? answer = await announcer.AnnounceAsync(cancellation);
            if (answer is { MayGo: true } or { Verdict: AnnounceVerdict.Removed })
            {
                logger.DrainStep(answer.Reason.Length > 0 ? $"nothing more to do: {answer.Reason}" : "done");
                return;
            }

            string step = board.Current.IsLeader ? "its leadership" : stop.IsLeaving ? "its membership" : "its vote";
            if (step != said)
            {
                said = step;
                logger.DrainStep(step);
            }

            await Task.Delay(AnnounceEveryMs, cancellation);
        }
    }

    /// <summary>The others can do without this node, as far as it knows itself.</summary>
    private bool IsDone()
    {
        ConsensusStatus status = board.Current;
        Member? own = status.Configuration.Find(status.Self);
        bool isAlone = status.Configuration.Members.Count <= 1;
        return isAlone || own is null
            || (!stop.IsLeaving && !status.IsLeader && own.Role != MemberRole.Voter);
    }
}
