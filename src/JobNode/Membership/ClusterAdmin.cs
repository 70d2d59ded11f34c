using System.Diagnostics;
using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>What an operator may ask: checks by the planner's rules, proposes, and waits for the outcome.</summary>
internal sealed class ClusterAdmin(
    StatusBoard board, IMembershipLog log, MemberContacts contacts, MembershipKeeper keeper, Action<bool> drain)
    : IClusterAdmin
{
    private const int PatienceMs = 5000;
    private const int RepeatMs = 1000;

    /// <summary>Silence is believed when it lasts this long: a new leader has not heard yet of all that are there.
    /// </summary>
    private const int SilenceMs = 2000;
    private const int LookEveryMs = 50;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MemberReport>> ListAsync(CancellationToken cancellation)
    {
        ConsensusStatus status = board.Current;
        IReadOnlyList<MemberProgress> progress = status.IsLeader ? await log.ReadProgressAsync(cancellation) : [];
        return [.. status.Configuration.Members.Select(member => Describe(member, status, progress))];
    }

    /// <inheritdoc/>
    public async Task<AdminOutcome> RemoveAsync(NodeId id, CancellationToken cancellation)
    {
        if (await LookAsync(now => !IsNeeded(now, id), cancellation) is not { } input)
        {
            return NotLeader;
        }

        if (input.Configuration.Find(id) is not { } member)
        {
            return input.Configuration.Removed.Contains(id)
                ? new AdminOutcome(true, $"node {id} was removed before")
                : new AdminOutcome(false, $"node {id} is not a member: see jobnode members");
        }

        if (id == input.Leader)
        {
            return new AdminOutcome(
                false, $"node {id} leads: run jobnode transfer first, or jobnode drain --leave on that node");
        }

        if (member.Role == MemberRole.Voter && RolePlanner.RefuseLoss(input, id) is { } refusal)
        {
            return new AdminOutcome(
                false, $"node {id} is a voter that the cluster needs: {refusal}. Start the silent voters first");
        }

        return await ProposeAsync(
            new MemberChange.Remove(id),
            now => now.Configuration.Find(id) is null,
            $"node {id} ({member.Address}) was removed; it stops by itself if it still runs",
            cancellation);
    }

    /// <inheritdoc/>
    public async Task<AdminOutcome> PromoteAsync(NodeId id, CancellationToken cancellation)
    {
        if (await LookAsync(now => !IsUnfit(now, id), cancellation) is not { } input)
        {
            return NotLeader;
        }

        Member? member = input.Configuration.Find(id);
        string? refusal = member?.Role switch
        {
            null => $"node {id} is not a member: see jobnode members",
            MemberRole.Voter => $"node {id} is a voter already",
            _ when input.Views[id].IsComputeOnly == true =>
                $"node {id} only computes: start it again without --compute-only",
            MemberRole.StandBy => RefuseVoter(input, member),
            _ => null,
        };
        if (refusal is not null)
        {
            return new AdminOutcome(member?.Role == MemberRole.Voter, refusal);
        }

        MemberRole role = member!.Role == MemberRole.Spare ? MemberRole.StandBy : MemberRole.Voter;
        return await ProposeAsync(
            new MemberChange.Put(member with { Role = role }),
            now => now.Configuration.Find(id)?.Role >= role,
            $"node {id} ({member.Address}) is a {(role == MemberRole.Voter ? "voter" : "stand-by")} now",
            cancellation);
    }

    /// <inheritdoc/>
    public async Task<AdminOutcome> TransferAsync(NodeId to, CancellationToken cancellation)
    {
        if (await LookAsync(static _ => true, cancellation) is not { } input)
        {
            return NotLeader;
        }

        if (to == input.Leader)
        {
            return new AdminOutcome(true, $"node {to} leads already");
        }

        Member[] others = [.. input.Configuration.Voters.Where(voter => voter.Id != input.Leader)];
        string? refusal = others.Length == 0
            ? "this cluster has one voter, and nobody else can lead"
            : to == NodeId.None || others.Any(voter => voter.Id == to)
                ? null
                : input.Configuration.Find(to) is null
                    ? $"node {to} is not a member: see jobnode members"
                    : $"node {to} does not vote, and only a voter can lead";
        if (refusal is not null)
        {
            return new AdminOutcome(false, refusal);
        }

        log.TransferLeadership(to);
        ConsensusStatus? now = await WaitAsync(
            static now => !now.IsLeader && now.Leader != NodeId.None, PatienceMs, cancellation);
        return now is null
            ? new AdminOutcome(
                false,
                to == NodeId.None
                    ? "no other voter took over within 5 s: see jobnode members for those that answer"
                    : $"node {to} did not take over within 5 s: it may be silent or too far behind")
            : new AdminOutcome(true, $"node {now.Leader} leads now");
    }

    /// <inheritdoc/>
    public void Drain(bool leave) => drain(leave);

    private static AdminOutcome NotLeader { get; } =
        new(false, "this node does not lead any more: ask again, the new leader answers");

    private static bool IsNeeded(PlannerInput input, NodeId id) =>
        id != input.Leader && input.Configuration.IsVoter(id) && RolePlanner.RefuseLoss(input, id) is not null;

    private static bool IsUnfit(PlannerInput input, NodeId id) =>
        input.Configuration.Find(id) is { Role: MemberRole.StandBy } member && !RolePlanner.IsFitToVote(input, member);

    private static string? RefuseVoter(PlannerInput input, Member member)
    {
        int voters = input.Configuration.Voters.Count();
        int wanted = RolePlanner.CountWantedVoters(input);
        if (!RolePlanner.IsFitToVote(input, member))
        {
            return $"node {member.Id} has not caught up with the log, or does not answer: see jobnode members";
        }

        return voters < wanted
            ? null
            : $"the cluster has {voters} voters and keeps {wanted} (--voters {input.Options.Voters}, always an odd "
                + "number): it would be made a stand-by again. Drain or remove a voter, or raise --voters on all nodes";
    }

    /// <summary>What a leader sees: once it is as wanted, or still is not after some time. Null when another one leads.
    /// </summary>
    private async Task<PlannerInput?> LookAsync(Func<PlannerInput, bool> isWanted, CancellationToken cancellation)
    {
        long begin = Stopwatch.GetTimestamp();
        while (board.Current is { IsLeader: true } status && status.Configuration.Find(status.Self) is not null)
        {
            PlannerInput input = await keeper.LookAsync(cancellation);
            if (isWanted(input) || Stopwatch.GetElapsedTime(begin).TotalMilliseconds > SilenceMs)
            {
                return input;
            }

            await Task.Delay(LookEveryMs, cancellation);
        }

        return null;
    }

    private async Task<AdminOutcome> ProposeAsync(
        MemberChange change, Func<ConsensusStatus, bool> isDone, string done, CancellationToken cancellation)
    {
        for (int waitedMs = 0; waitedMs < PatienceMs; waitedMs += RepeatMs)
        {
            if (!board.Current.IsLeader)
            {
                return isDone(board.Current) ? new AdminOutcome(true, done) : NotLeader;
            }

            log.ProposeChange(change);
            if (await WaitAsync(isDone, RepeatMs, cancellation) is not null)
            {
                return new AdminOutcome(true, done);
            }
        }

        return new AdminOutcome(
            false, "the change was not committed within 5 s: it may still come; see jobnode members");
    }

    private async Task<ConsensusStatus?> WaitAsync(
        Func<ConsensusStatus, bool> isDone, int patienceMs, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(patienceMs);
        try
        {
            ConsensusStatus now = board.Current;
            while (!isDone(now))
            {
                now = await board.WaitForChangeAsync(now, patience.Token);
            }

            return now;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private MemberReport Describe(Member member, ConsensusStatus status, IReadOnlyList<MemberProgress> progress)
    {
        Announcement? facts = contacts.FactsOf(member.Id);
        bool isSelf = member.Id == status.Self;
        bool isFollowing = progress.Any(p => p.Id == member.Id);
        ulong match = progress.FirstOrDefault(p => p.Id == member.Id).MatchIndex;
        ulong behind = isSelf || match >= status.CommitIndex ? 0 : status.CommitIndex - match;
        return new MemberReport(
            member,
            IsLeader: member.Id == status.Leader,
            IsDraining: facts is { IsDraining: true } or { IsLeaving: true },
            ApiAddress: facts?.ApiAddress,
            Version: facts?.Version,
            SinceContact: !status.IsLeader ? null : isSelf ? TimeSpan.Zero : contacts.Since(member.Id),
            EntriesBehind: !status.IsLeader || member.Role == MemberRole.Spare || !(isSelf || isFollowing)
                ? null
                : behind)
        {
            IsComputeOnly = facts is { IsComputeOnly: true },
        };
    }
}
