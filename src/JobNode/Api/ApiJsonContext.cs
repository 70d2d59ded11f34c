using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobNode.Api;

/// <summary>Source-generated JSON of every contract, for the server and the command line.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = false)]
[JsonSerializable(typeof(EnqueueResponse))]
[JsonSerializable(typeof(List<EnqueueResponse>))]
[JsonSerializable(typeof(List<PulledResponse>))]
[JsonSerializable(typeof(JobResponse))]
[JsonSerializable(typeof(JobPageResponse))]
[JsonSerializable(typeof(CancelResponse))]
[JsonSerializable(typeof(StatusResponse))]
[JsonSerializable(typeof(MembersResponse))]
[JsonSerializable(typeof(OutcomeResponse))]
[JsonSerializable(typeof(ProblemResponse))]
[JsonSerializable(typeof(BatchLine))]
internal sealed partial class ApiJsonContext : JsonSerializerContext
{
    /// <summary>
    /// Leaves quotes and signs readable, for sentences that a person reads behind curl. Never put into HTML.
    /// </summary>
    public static ApiJsonContext Readable { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
