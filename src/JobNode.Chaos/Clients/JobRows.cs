using System.Text.Json;
using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Clients;

/// <summary>Reads the answers of the API, without the product's own types.</summary>
internal static class JobRows
{
    /// <summary>One element of a pull.</summary>
    public static JobSeen Pulled(JsonElement job) => new()
    {
        Id = job.GetProperty("id").GetString()!,
        Iterations = job.GetProperty("iterations").GetUInt64(),
        Result = job.GetProperty("result").GetString(),
    };

    /// <summary>One job of a read or a list.</summary>
    public static JobSeen Row(JsonElement job) => new()
    {
        Id = job.GetProperty("id").GetString()!,
        State = job.GetProperty("state").GetString(),
        Iterations = job.GetProperty("iterations").GetUInt64(),
        Done = job.GetProperty("iterationsDone").GetUInt64(),
        Result = job.GetProperty("result").GetString(),
    };

    /// <summary>The whole of GET /status.</summary>
    public static StatusSeen Status(JsonElement root)
    {
        JsonElement node = root.GetProperty("node");
        JsonElement queue = root.GetProperty("queue");
        return new StatusSeen
        {
            NodeId = node.GetProperty("id").GetString(),
            Role = node.GetProperty("role").GetString(),
            State = node.GetProperty("state").GetString(),
            Leader = root.GetProperty("leader").GetString(),
            Term = root.GetProperty("term").GetUInt64(),
            AppliedIndex = root.GetProperty("appliedIndex").GetUInt64(),
            Digest = root.GetProperty("stateDigest").GetString(),
            Unfinished = queue.GetProperty("pending").GetInt64() + queue.GetProperty("running").GetInt64(),
            Completed = queue.GetProperty("completed").GetInt64(),
        };
    }
}
