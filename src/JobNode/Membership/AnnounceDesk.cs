using System.Collections.Concurrent;
using JobNode.Commands;
using JobNode.Observability;
using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>
/// Where announcements arrive. A leader takes them down (<see cref="MemberContacts"/>) and answers with the
/// configuration; every other node says who leads. Who wants to join is let in only when this leader finds it at the
/// address that it says it has: a member that nobody reaches would be worth less than none.
/// </summary>
internal sealed class AnnounceDesk(
    ClusterIdentity identity,
    StatusBoard board,
    PeerDirectory directory,
    MemberContacts contacts,
    Func<string, CancellationToken, Task<HelloReply>> ask,
    TimeProvider time,
    ILogger logger)
{
    private const int PendingMs = 1500;
    private const int CheckedMax = 2 * Limits.MembersMax;

    private static readonly TimeSpan OldSelfAwaited = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CheckLasts = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<NodeId, Check> _checks = new();
    private volatile Named? _named;

    /// <summary>Serves <see cref="PeerProtocol.AnnouncePath"/>.</summary>
    /// <exception cref="InvalidDataException">What came is no announcement.</exception>
    public async Task AcceptAsync(NodeId from, DuplexStream stream, CancellationToken cancellation)
    {
        var frames = new FrameStream(stream.Input, stream.Output);
        byte[] question = await frames.ReadAsync(cancellation)
            ?? throw new InvalidDataException("the announcement ended before it began");
        Announcement announcement = Announcement.Decode(question);
        if (announcement.Node != from)
        {
            throw new InvalidDataException($"node {from} announced node {announcement.Node}");
        }

        AnnounceAnswer answer = await AnswerAsync(announcement, cancellation);
        await frames.WriteAsync(answer.Encode(), cancellation);
        await frames.FlushAsync(cancellation);
    }

    /// <summary>Answers an announcement; also one of this node itself.</summary>
    public async Task<AnnounceAnswer> AnswerAsync(Announcement said, CancellationToken cancellation)
    {
        ConsensusStatus status = board.Current;
        ClusterConfiguration configuration = status.Configuration;
        AnnounceAnswer answer;
        if (configuration.Removed.Contains(said.Node))
        {
            answer = new AnnounceAnswer(AnnounceVerdict.Removed, $"node {said.Node} was removed from the cluster");
        }
        else if (said.ClusterId != UInt128.Zero && said.ClusterId != configuration.ClusterId)
        {
            answer = Refuse(said, $"node {said.Node} belongs to cluster {PeerProtocol.Format(said.ClusterId)}, "
                + $"this is {PeerProtocol.Format(configuration.ClusterId)}");
        }
        else if (!status.IsLeader)
        {
            answer = new AnnounceAnswer(AnnounceVerdict.Elsewhere, status.Leader == NodeId.None
                ? "no leader is known there"
                : $"node {status.Leader} leads");
        }
        else if (configuration.Find(said.Node) is { } member)
        {
            answer = await TakeDownAsync(said, member, configuration, cancellation);
        }
        else
        {
            answer = await JudgeJoinerAsync(said, status, cancellation);
        }

        return Sign(answer, said, board.Current);
    }

    private async Task<AnnounceAnswer> TakeDownAsync(
        Announcement said, Member member, ClusterConfiguration configuration, CancellationToken cancellation)
    {
        directory.Note(said.Node, said.Address);
        if (contacts.Announced(said))
        {
            logger.MemberDrains(member.Address, said.Node.ToString(), said.IsLeaving ? "leave" : "stop");
        }

        if (said.FeatureLevel < configuration.FeatureLevel)
        {
            return Refuse(said, SayTooOld(said, configuration));
        }

        string? warning = null;
        if (said.Address != member.Address || contacts.FindVerified(said.Node) is not null)
        {
            warning = await CheckAddressAsync(said, cancellation);
        }

        string? stuck = contacts.FindStuck(said.Node);
        bool isReplaced = said is { IsDraining: true, IsLeaving: false } && member.Role != MemberRole.Voter;
        return new AnnounceAnswer(AnnounceVerdict.Member, warning ?? stuck ?? "")
        {
            MayGo = isReplaced || (said.IsDraining && stuck is not null),
        };
    }

    private async Task<AnnounceAnswer> JudgeJoinerAsync(
        Announcement said, ConsensusStatus status, CancellationToken cancellation)
    {
        ClusterConfiguration configuration = status.Configuration;
        string? refusal = said.HasLog
            ? $"node {said.Node} has a log of this cluster but is no member of it: start it with an empty --data-dir"
            : said.FeatureLevel < configuration.FeatureLevel ? SayTooOld(said, configuration)
            : configuration.Members.Count >= Limits.MembersMax
                ? $"the cluster has {Limits.MembersMax} members, and no room for more"
                : await CheckAddressAsync(said, cancellation);
        if (refusal is not null)
        {
            return Refuse(said, refusal);
        }

        Member? twin = configuration.Members.FirstOrDefault(m => m.Address == said.Address);
        if (twin is not null && contacts.Since(twin.Id) < OldSelfAwaited && !HasMoved(twin))
        {
            return twin.Id == status.Self
                ? Refuse(said, $"{said.Address} is the address of the leader: give each node its own --advertise")
                : new AnnounceAnswer(AnnounceVerdict.Pending,
                    $"node {twin.Id} has the address {said.Address} too, and was heard of just now: if it is gone for "
                        + "good this node takes its place in a few seconds, else give each node its own --advertise");
        }

        if (!contacts.Join(said))
        {
            return new AnnounceAnswer(AnnounceVerdict.Pending, "many nodes join at once");
        }

        logger.NodeJoins(said.Address, said.Node.ToString());
        return await WaitUntilMemberAsync(said.Node, cancellation)
            ? new AnnounceAnswer(AnnounceVerdict.Member, "")
            : new AnnounceAnswer(AnnounceVerdict.Pending,
                contacts.FindStuck(said.Node) ?? "the change of members is not committed yet");
    }

    private bool HasMoved(Member member) =>
        contacts.FindVerified(member.Id) is { } address && address != member.Address;

    private async Task<bool> WaitUntilMemberAsync(NodeId node, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(PendingMs);
        try
        {
            ConsensusStatus seen = board.Current;
            while (seen.Configuration.Find(node) is null)
            {
                seen = await board.WaitForChangeAsync(seen, patience.Token);
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Looks for the node at its address; a sentence when it is not there.</summary>
    private async Task<string?> CheckAddressAsync(Announcement said, CancellationToken cancellation)
    {
        if (_checks.TryGetValue(said.Node, out Check? last) && last.Address == said.Address
            && time.GetElapsedTime(last.At) < CheckLasts)
        {
            return null;
        }

        if (said.Node != identity.Self)
        {
            HelloReply reply = await ask(said.Address, cancellation);
            if (reply.Answer is not { } answer)
            {
                return $"the leader ({identity.Address}) does not reach it at {said.Address} ({reply.Failure}): "
                    + "start it with --advertise HOST:PORT, an address at which all other nodes reach it";
            }

            if (answer.Node != said.Node)
            {
                return $"at {said.Address} the leader ({identity.Address}) finds node {answer.Node} instead of "
                    + $"{said.Node}: give each node its own --advertise";
            }
        }

        if (_checks.Count >= CheckedMax)
        {
            _checks.Clear();
        }

        _checks[said.Node] = new Check(said.Address, time.GetTimestamp());
        contacts.Verified(said.Node, said.Address);
        return null;
    }

    private AnnounceAnswer Sign(AnnounceAnswer answer, Announcement said, ConsensusStatus status)
    {
        Named named = NameOf(status.Configuration);
        bool needsConfiguration = answer.Verdict == AnnounceVerdict.Member && said.KnownTag != named.Tag;
        return answer with
        {
            Leader = status.Leader,
            LeaderAddress = status.IsLeader ? identity.Address : directory.Find(status.Leader) ?? "",
            Term = status.Term,
            Tag = named.Tag,
            Configuration = needsConfiguration ? status.Configuration : null,
        };
    }

    private Named NameOf(ClusterConfiguration configuration)
    {
        Named? named = _named;
        if (named is null || !ReferenceEquals(named.Configuration, configuration))
        {
            named = new Named(configuration, MembershipJson.TagOf(configuration));
            _named = named;
        }

        return named;
    }

    private AnnounceAnswer Refuse(Announcement said, string reason)
    {
        logger.AnnouncementRefused(said.Node.ToString(), said.Address, reason);
        return new AnnounceAnswer(AnnounceVerdict.Refused, reason);
    }

    private static string SayTooOld(Announcement said, ClusterConfiguration configuration) =>
        $"the cluster uses feature level {configuration.FeatureLevel}, and jobnode {said.Version} of node {said.Node} "
            + $"knows only {said.FeatureLevel}: run a newer jobnode there";

    /// <summary>A node that was found at an address.</summary>
    private sealed record Check(string Address, long At);

    /// <summary>A configuration and its tag.</summary>
    private sealed record Named(ClusterConfiguration Configuration, string Tag);
}
