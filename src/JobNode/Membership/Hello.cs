using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>Where a node stands on its way into a cluster.</summary>
internal enum BootstrapState
{
    /// <summary>Empty data directory, nothing decided.</summary>
    Fresh = 0,

    /// <summary>A configuration is being written: not fresh any more, not yet to be copied.</summary>
    Writing = 1,

    /// <summary>The configuration is durable.</summary>
    Member = 2,

    /// <summary>It asks a cluster to let it in: not fresh any more.</summary>
    Joining = 3,
}

/// <summary>What a node says of itself to whoever asks at /hello.</summary>
/// <param name="Node">Its id.</param>
/// <param name="Address">Its own address; empty while it does not know.</param>
/// <param name="Peers">Its list in canonical order (<see cref="PeerList"/>).</param>
/// <param name="State">Where it stands.</param>
/// <param name="First"> The node that it last saw at the first address of its list: it takes a configuration over from
/// no other decider.
/// </param>
/// <param name="Configuration">Of a member.</param>
internal sealed record Hello(
    NodeId Node,
    string Address,
    IReadOnlyList<string> Peers,
    BootstrapState State,
    NodeId First,
    ClusterConfiguration? Configuration)
{
    /// <summary>Longest answer that is read.</summary>
    public const int BytesMax = 256 << 10;

    /// <summary>Of a member: its configuration is the one that the cluster began with, at index 1.</summary>
    public bool IsFirst { get; init; }

    private const string FreshWord = "fresh";
    private const string WritingWord = "writing";
    private const string MemberWord = "member";
    private const string JoiningWord = "joining";

    /// <summary>As JSON, so that people can look at it.</summary>
    public byte[] Encode()
    {
        var members = Configuration?.Members.Select(m => new HelloMember(m.Id.ToString(), m.Address)).ToArray();
        string state = State switch
        {
            BootstrapState.Fresh => FreshWord,
            BootstrapState.Writing => WritingWord,
            BootstrapState.Joining => JoiningWord,
            _ => MemberWord,
        };
        string? cluster = Configuration is null ? null : PeerProtocol.Format(Configuration.ClusterId);
        var json = new HelloJson(Node.ToString(), Address, [.. Peers], state, First.ToString(), cluster, members,
            IsFirst);
        return JsonSerializer.SerializeToUtf8Bytes(json, HelloJsonContext.Default.HelloJson);
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static Hello Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            HelloJson json = JsonSerializer.Deserialize(bytes, HelloJsonContext.Default.HelloJson)
                ?? throw new InvalidDataException("the answer to a hello is null");
            BootstrapState state = json.State switch
            {
                FreshWord => BootstrapState.Fresh,
                WritingWord => BootstrapState.Writing,
                MemberWord => BootstrapState.Member,
                JoiningWord => BootstrapState.Joining,
                _ => throw new InvalidDataException($"'{json.State}' is not a state of a node"),
            };
            ClusterConfiguration? configuration = state == BootstrapState.Member ? ReadConfiguration(json) : null;
            return new Hello(
                ReadNode(json.Node),
                json.Address ?? "",
                [.. (json.Peers ?? []).Select(static peer => peer ?? "")],
                state,
                ReadNode(json.First),
                configuration)
            {
                IsFirst = json.IsFirst,
            };
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"the answer to a hello is not understood: {error.Message}", error);
        }
    }

    private static ClusterConfiguration ReadConfiguration(HelloJson json)
    {
        if (!PeerProtocol.TryParseClusterId(json.Cluster, out UInt128 cluster) || json.Members is not { Length: > 0 })
        {
            throw new InvalidDataException("a member says neither its cluster nor its members");
        }

        Member[] members = [.. json.Members.Select(m => new Member(ReadNode(m?.Node), m!.Address ?? ""))];
        return new ClusterConfiguration(cluster, [.. members.OrderBy(m => m.Id)]);
    }

    private static NodeId ReadNode(string? text) => NodeId.TryParse(text, out NodeId id)
        ? id
        : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a node id"));
}

/// <summary>The wire form of <see cref="Hello"/>; fields may be added, never renamed.</summary>
internal sealed record HelloJson(
    string? Node, string? Address, string?[]? Peers, string? State, string? First,
    string? Cluster, HelloMember?[]? Members, bool IsFirst = false);

/// <summary>A member on the wire.</summary>
internal sealed record HelloMember(string? Node, string? Address);

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HelloJson))]
internal sealed partial class HelloJsonContext : JsonSerializerContext;
