using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>Reading and writing the JSON between nodes; what comes in is checked here.</summary>
internal static class MembershipJson
{
    private const int TextMax = Limits.ZoneBytesMax;

    /// <summary>The wire form of a configuration.</summary>
    public static ConfigurationJson From(ClusterConfiguration configuration) => new(
        PeerProtocol.Format(configuration.ClusterId),
        configuration.FeatureLevel,
        [.. configuration.Members.Select(static m =>
            new MemberJson(m.Id.ToString(), m.Address, m.Role.ToString(), m.Zone, m.FeatureLevel))],
        [.. configuration.Removed.Select(static id => id.ToString())]);

    /// <summary>Reads what <see cref="From"/> made.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static ClusterConfiguration ToConfiguration(ConfigurationJson json)
    {
        if (!PeerProtocol.TryParseClusterId(json.Cluster, out UInt128 cluster) || json.Members is not { Length: > 0 })
        {
            throw new InvalidDataException("a configuration has neither a cluster nor members");
        }

        Member[] members = [.. json.Members.Select(ToMember).OrderBy(static member => member.Id)];
        return new ClusterConfiguration(cluster, members)
        {
            FeatureLevel = json.FeatureLevel,
            Removed = [.. (json.Removed ?? []).Select(ReadNode)],
        };
    }

    /// <summary>A short name for a configuration: equal for equal ones (FNV-1a over its wire form).</summary>
    public static string TagOf(ClusterConfiguration configuration)
    {
        ulong hash = 14695981039346656037;
        foreach (byte part in JsonSerializer.SerializeToUtf8Bytes(
            From(configuration), MembershipJsonContext.Default.ConfigurationJson))
        {
            hash = unchecked((hash ^ part) * 1099511628211);
        }

        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>Reads a document.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static T Read<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type)
                ?? throw new InvalidDataException("the other node sent null");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"the other node's JSON is not understood: {error.Message}", error);
        }
    }

    /// <summary>Reads a node id.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static NodeId ReadNode(string? text) => NodeId.TryParse(text, out NodeId id) && id != NodeId.None
        ? id
        : throw new InvalidDataException($"'{text}' is not a node id");

    /// <summary>Reads an address that can be dialled.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static string ReadAddress(string? text) =>
        HostPort.TryParse(text, null, out HostPort place, out _) && !place.IsWildcard && place.Port > 0
            ? place.ToString()
            : throw new InvalidDataException($"'{text}' is not an address that can be dialled");

    /// <summary>Reads a short text; null is empty.</summary>
    /// <exception cref="InvalidDataException">It is too long.</exception>
    public static string ReadText(string? text, int bytesMax = TextMax) =>
        Encoding.UTF8.GetByteCount(text ?? "") <= bytesMax
            ? text ?? ""
            : throw new InvalidDataException($"'{text![..20]}...' is longer than {bytesMax} bytes");

    private static Member ToMember(MemberJson? json) => new(ReadNode(json?.Node), json?.Address ?? "")
    {
        Role = Enum.TryParse(json!.Role, out MemberRole role) && Enum.IsDefined(role)
            ? role
            : throw new InvalidDataException($"'{json.Role}' is not a role"),
        Zone = ReadText(json.Zone),
        FeatureLevel = json.FeatureLevel,
    };
}

/// <summary>The wire form of <see cref="Announcement"/>; fields may be added, never renamed.</summary>
internal sealed record AnnouncementJson(
    string? Node,
    string? Address,
    string? Zone,
    string? Api,
    string? Version,
    int FeatureLevel,
    string? Cluster,
    bool HasLog,
    bool Draining,
    bool Leaving,
    string? Known,
    bool ComputeOnly = false,
    bool DiskLow = false);

/// <summary>The wire form of <see cref="AnnounceAnswer"/>; fields may be added, never renamed.</summary>
internal sealed record AnswerJson(
    string? Verdict,
    string? Reason,
    string? Leader,
    string? LeaderAddress,
    ulong Term,
    bool MayGo,
    string? Tag,
    ConfigurationJson? Configuration);

/// <summary>A configuration on the wire.</summary>
internal sealed record ConfigurationJson(
    string? Cluster, int FeatureLevel, MemberJson?[]? Members, string?[]? Removed);

/// <summary>A member on the wire.</summary>
internal sealed record MemberJson(string? Node, string? Address, string? Role, string? Zone, int FeatureLevel);

/// <summary>Source-generated JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AnnouncementJson))]
[JsonSerializable(typeof(AnswerJson))]
[JsonSerializable(typeof(ConfigurationJson))]
internal sealed partial class MembershipJsonContext : JsonSerializerContext;
