using System.Text.Json;

namespace JobNode.Tests.Support;

/// <summary>What the tests read of GET /status.</summary>
internal sealed record StatusRow(
    string NodeId,
    string Role,
    string Isa,
    string? Leader,
    ulong AppliedIndex,
    string StateDigest,
    long Pending,
    long Running,
    long Completed,
    IReadOnlyList<MemberRow> Nodes)
{
    /// <summary>Jobs that are not finished.</summary>
    public long Unfinished => Pending + Running;

    /// <summary>Reads the answer's root.</summary>
    public static StatusRow From(JsonElement root)
    {
        JsonElement node = root.GetProperty("node");
        JsonElement queue = root.GetProperty("queue");
        return new StatusRow(
            node.GetProperty("id").GetString()!,
            node.GetProperty("role").GetString()!,
            node.GetProperty("isa").GetString()!,
            root.GetProperty("leader").GetString(),
            root.GetProperty("appliedIndex").GetUInt64(),
            root.GetProperty("stateDigest").GetString()!,
            queue.GetProperty("pending").GetInt64(),
            queue.GetProperty("running").GetInt64(),
            queue.GetProperty("completed").GetInt64(),
            [.. root.GetProperty("nodes").EnumerateArray().Select(MemberRow.From)]);
    }
}

/// <summary>One member in /status.</summary>
internal sealed record MemberRow(string Address, bool Alive, int JobsHeld)
{
    /// <summary>Reads one element of <c>nodes</c>.</summary>
    public static MemberRow From(JsonElement node) => new(
        node.GetProperty("address").GetString()!,
        node.GetProperty("alive").GetBoolean(),
        node.GetProperty("jobsHeld").GetInt32());
}
