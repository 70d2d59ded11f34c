using System.Text.Json;
using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>
/// What every node tells the leader about once a second: that it lives, where it is, what it is, and whether it leaves.
/// From a node that is no member it is the request to become one.
/// </summary>
/// <param name="Node">Its id.</param>
/// <param name="Address">Where the others reach it.</param>
internal sealed record Announcement(NodeId Node, string Address)
{
    private const int VersionBytesMax = 200;

    /// <summary>Where it stands, or empty.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Its API.</summary>
    public string ApiAddress { get; init; } = "";

    /// <summary>Its program's version.</summary>
    public string Version { get; init; } = "";

    /// <summary>The highest feature level that its program knows.</summary>
    public int FeatureLevel { get; init; } = FeatureLevels.First;

    /// <summary>Its cluster; zero for one that joins.</summary>
    public UInt128 ClusterId { get; init; }

    /// <summary>It holds a log, so that it was a member before.</summary>
    public bool HasLog { get; init; }

    /// <summary>It only computes: it wants to be a spare and no more. Programs from before this flag never say
    /// so.</summary>
    public bool IsComputeOnly { get; init; }

    /// <summary>Its disk is low: as the leader it would refuse new jobs for all.</summary>
    public bool IsDiskLow { get; init; }

    /// <summary>It stops soon: its roles should go to others.</summary>
    public bool IsDraining { get; init; }

    /// <summary>It leaves for good: it wants to be removed.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>Tag of the configuration that it was sent last, which need not be sent again; or empty.</summary>
    public string KnownTag { get; init; } = "";

    /// <summary>As JSON.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(
        new AnnouncementJson(
            Node.ToString(),
            Address,
            Zone,
            ApiAddress,
            Version,
            FeatureLevel,
            ClusterId == UInt128.Zero ? null : PeerProtocol.Format(ClusterId),
            HasLog,
            IsDraining,
            IsLeaving,
            KnownTag,
            IsComputeOnly,
            IsDiskLow),
        MembershipJsonContext.Default.AnnouncementJson);

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static Announcement Decode(ReadOnlySpan<byte> bytes)
    {
        AnnouncementJson json = MembershipJson.Read(bytes, MembershipJsonContext.Default.AnnouncementJson);
        UInt128 cluster = default;
        if (json.Cluster is not null && !PeerProtocol.TryParseClusterId(json.Cluster, out cluster))
        {
            throw new InvalidDataException($"'{json.Cluster}' is not a cluster id");
        }

        return new Announcement(MembershipJson.ReadNode(json.Node), MembershipJson.ReadAddress(json.Address))
        {
            Zone = MembershipJson.ReadText(json.Zone),
            ApiAddress = MembershipJson.ReadText(json.Api, Limits.AddressBytesMax),
            Version = MembershipJson.ReadText(json.Version, VersionBytesMax),
            FeatureLevel = json.FeatureLevel,
            ClusterId = cluster,
            HasLog = json.HasLog,
            IsDraining = json.Draining,
            IsLeaving = json.Leaving,
            IsComputeOnly = json.ComputeOnly,
            IsDiskLow = json.DiskLow,
            KnownTag = MembershipJson.ReadText(json.Known),
        };
    }
}

/// <summary>What became of an announcement.</summary>
internal enum AnnounceVerdict
{
    /// <summary>The node asked does not lead: see the leader's address, if it knows one.</summary>
    Elsewhere = 0,

    /// <summary>The sender is a member.</summary>
    Member = 1,

    /// <summary>The sender is about to become one.</summary>
    Pending = 2,

    /// <summary>The sender cannot be let in, or not like this; people must do what the reason says.</summary>
    Refused = 3,

    /// <summary>The sender was removed and never comes back.</summary>
    Removed = 4,
}

/// <summary>The answer to an <see cref="Announcement"/>.</summary>
/// <param name="Verdict">How it ended.</param>
/// <param name="Reason">Half a sentence for people, or empty.</param>
internal sealed record AnnounceAnswer(AnnounceVerdict Verdict, string Reason)
{
    /// <summary>Who leads, as far as the answering node knows.</summary>
    public NodeId Leader { get; init; }

    /// <summary>Where the leader is, or empty.</summary>
    public string LeaderAddress { get; init; } = "";

    /// <summary>Raft term.</summary>
    public ulong Term { get; init; }

    /// <summary>To a draining node: nothing more is done for it, so it need not wait.</summary>
    public bool MayGo { get; init; }

    /// <summary>Names the configuration.</summary>
    public string Tag { get; init; } = "";

    /// <summary>The configuration; null when the sender has it already.</summary>
    public ClusterConfiguration? Configuration { get; init; }

    /// <summary>As JSON.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(
        new AnswerJson(
            Verdict.ToString(),
            Reason,
            Leader == NodeId.None ? null : Leader.ToString(),
            LeaderAddress,
            Term,
            MayGo,
            Tag,
            Configuration is null ? null : MembershipJson.From(Configuration)),
        MembershipJsonContext.Default.AnswerJson);

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static AnnounceAnswer Decode(ReadOnlySpan<byte> bytes)
    {
        AnswerJson json = MembershipJson.Read(bytes, MembershipJsonContext.Default.AnswerJson);
        AnnounceVerdict verdict = Enum.TryParse(json.Verdict, out AnnounceVerdict known)
            && Enum.IsDefined(known)
            ? known
            : throw new InvalidDataException($"'{json.Verdict}' is not an answer to an announcement");
        return new AnnounceAnswer(verdict, json.Reason ?? "")
        {
            Leader = json.Leader is null ? NodeId.None : MembershipJson.ReadNode(json.Leader),
            LeaderAddress = json.LeaderAddress ?? "",
            Term = json.Term,
            MayGo = json.MayGo,
            Tag = json.Tag ?? "",
            Configuration = json.Configuration is null ? null : MembershipJson.ToConfiguration(json.Configuration),
        };
    }
}
