using System.Diagnostics;
using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Membership;

/// <summary>
/// The loop that keeps members and roles as wanted while this node leads: looks, asks <see cref="RolePlanner"/>,
/// proposes one change, and waits for it before it looks again. It holds nothing that the next leader needs.
/// </summary>
internal sealed class MembershipKeeper(
    StatusBoard board, IMembershipLog log, MemberContacts contacts, PlannerOptions options, ILogger logger)
{
    private const int EveryMs = 300;
    private const int ChangePatienceMs = 2000;
    private const int TransferPatienceMs = 1500;

    private IReadOnlyDictionary<NodeId, string> _stuckBefore = new Dictionary<NodeId, string>();

    /// <summary>What the planner sees now; on the leader.</summary>
    public async Task<PlannerInput> LookAsync(CancellationToken cancellation)
    {
        IReadOnlyList<MemberProgress> progress = await log.ReadProgressAsync(cancellation);
        return contacts.Describe(board.Current, progress, options);
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await LeadAsync(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // What it knows is made anew each round; members must be looked after whatever happened.
                logger.KeeperFailed(error);
                await Task.Delay(EveryMs, CancellationToken.None);
            }
        }
    }

    private async Task LeadAsync(CancellationToken cancellation)
    {
        ConsensusStatus status = board.Current;
        while (!status.IsLeader)
        {
            status = await board.WaitForChangeAsync(status, cancellation);
        }

        contacts.Restart();
        ulong term = status.Term;
        while (board.Current is { IsLeader: true } now && now.Term == term)
        {
            Task news = contacts.WaitForNewsAsync();
            await TurnAsync(now, cancellation);
            await Task.WhenAny(news, Task.Delay(EveryMs, cancellation));
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private async Task TurnAsync(ConsensusStatus status, CancellationToken cancellation)
    {
        IReadOnlyList<MemberProgress> progress = await log.ReadProgressAsync(cancellation);
        if (status.Configuration.Find(status.Self) is null)
        {
            return;
        }

        Plan plan = RolePlanner.Next(contacts.Describe(status, progress, options));
        // A glimpse may be wrong (a follower not heard of for one heartbeat): only what was seen twice is told.
        contacts.SetStuck(plan.Stuck.Where(pair => _stuckBefore.ContainsKey(pair.Key)).ToDictionary());
        _stuckBefore = plan.Stuck;
        switch (plan.Step)
        {
            case PlannerStep.Change change:
                logger.ClusterChanges(change.Reason);
                log.ProposeChange(change.What);
                await WaitAsync(
                    change.Reason,
                    ChangePatienceMs,
                    now => !ReferenceEquals(now.Configuration, status.Configuration) || !now.IsLeader,
                    cancellation);
                break;
            case PlannerStep.TransferTo transfer:
                logger.ClusterChanges(transfer.Reason);
                log.TransferLeadership(transfer.Node);
                await WaitAsync(transfer.Reason, TransferPatienceMs, static now => !now.IsLeader, cancellation);
                break;
            default:
                break;
        }
    }

    private async Task WaitAsync(
        string reason, int patienceMs, Func<ConsensusStatus, bool> isDone, CancellationToken cancellation)
    {
        long begin = Stopwatch.GetTimestamp();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(patienceMs);
        try
        {
            ConsensusStatus now = board.Current;
            while (!isDone(now))
            {
                now = await board.WaitForChangeAsync(now, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            logger.ClusterChangeSlow((long)Stopwatch.GetElapsedTime(begin).TotalMilliseconds, reason);
        }
    }
}
