using System.Text.Json;

namespace JobNode.Chaos.Hosts;

/// <summary>What a node said of itself and the cluster (GET /status).</summary>
/// <param name="NodeId">16 hex digits.</param>
/// <param name="Role">leader, voter, stand-by, spare, candidate or none.</param>
/// <param name="State">ready, starting, noQuorum, draining or diskBlocked.</param>
/// <param name="Leader">The leader's cluster address, or null.</param>
/// <param name="Term">Raft term.</param>
/// <param name="AppliedIndex">Highest log index applied here.</param>
/// <param name="StateDigest">Over the state at that index.</param>
/// <param name="Unfinished">Jobs that wait or run.</param>
/// <param name="Completed">Results that wait for a pull.</param>
/// <param name="Members">All members, as this node knows them.</param>
internal sealed record NodeState(
    string NodeId,
    string Role,
    string State,
    string? Leader,
    ulong Term,
    ulong AppliedIndex,
    string StateDigest,
    long Unfinished,
    long Completed,
    IReadOnlyList<MemberState> Members)
{
    private const int CallTimeoutMs = 2_000;

    /// <summary>Asks; null when the node gives no such answer now.</summary>
    public static async Task<NodeState?> TryReadAsync(Host host, CancellationToken cancellation)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(CallTimeoutMs);
        try
        {
            using HttpResponseMessage response = await host.Client.GetAsync("status", timeout.Token);
            if (!response.IsSuccessStatusCode)
            {
                return null;
            }

            using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(timeout.Token));
            return From(answer.RootElement);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    private static NodeState From(JsonElement root)
    {
        JsonElement node = root.GetProperty("node");
        JsonElement queue = root.GetProperty("queue");
        return new NodeState(
            node.GetProperty("id").GetString()!,
            node.GetProperty("role").GetString()!,
            node.GetProperty("state").GetString()!,
            root.GetProperty("leader").GetString(),
            root.GetProperty("term").GetUInt64(),
            root.GetProperty("appliedIndex").GetUInt64(),
            root.GetProperty("stateDigest").GetString()!,
            queue.GetProperty("pending").GetInt64() + queue.GetProperty("running").GetInt64(),
            queue.GetProperty("completed").GetInt64(),
            [.. root.GetProperty("nodes").EnumerateArray().Select(MemberState.From)]);
    }
}

/// <summary>One member.</summary>
/// <param name="Id">16 hex digits.</param>
/// <param name="Address">Its cluster address.</param>
/// <param name="Role">leader, voter, stand-by or spare.</param>
/// <param name="Alive">The leader has it at work.</param>
internal sealed record MemberState(string Id, string Address, string Role, bool Alive)
{
    /// <summary>It votes.</summary>
    public bool IsVoter => Role is "leader" or "voter";

    /// <summary>Reads one element of <c>nodes</c>.</summary>
    public static MemberState From(JsonElement member) => new(
        member.GetProperty("id").GetString()!,
        member.GetProperty("address").GetString()!,
        member.GetProperty("role").GetString()!,
        member.GetProperty("alive").GetBoolean());
}
