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
[JsonSerializable(typeof(ProblemResponse))]
[JsonSerializable(typeof(BatchLine))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
