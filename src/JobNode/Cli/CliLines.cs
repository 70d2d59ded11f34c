using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobNode.Cli;

/// <summary>A file of <c>enqueue --json</c>.</summary>
/// <param name="File">As it was named, or found below a directory.</param>
/// <param name="Id">The job's UUID.</param>
/// <param name="Sent">False when the cluster had it.</param>
internal sealed record SentFile(string File, string Id, bool Sent)
{
    /// <summary>128 lowercase hex digits; only with <c>--wait</c>.</summary>
    public string? Result { get; init; }
}

/// <summary>Of <c>verify --json</c>.</summary>
/// <param name="File">What was hashed.</param>
/// <param name="Id">The job's UUID.</param>
/// <param name="Iterations">Hashes in all.</param>
/// <param name="Result">What the cluster says: 128 lowercase hex digits.</param>
/// <param name="Computed">What this machine found.</param>
/// <param name="Equal">They are the same.</param>
internal sealed record VerifiedFile(
    string File, string Id, ulong Iterations, string Result, string Computed, bool Equal);

/// <summary>Of <c>backup --json</c>.</summary>
/// <param name="File">Its path.</param>
/// <param name="Index">Log index that it holds the state of.</param>
/// <param name="Digest">The state's digest.</param>
/// <param name="Jobs">Jobs in it.</param>
/// <param name="Bytes">Its length.</param>
internal sealed record BackupMade(string File, ulong Index, string Digest, long Jobs, long Bytes);

/// <summary>Of <c>version --json</c>.</summary>
/// <param name="Version">The program's.</param>
internal sealed record VersionNumber(string Version);

/// <summary>Source-generated JSON of what verbs print line by line.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SentFile))]
[JsonSerializable(typeof(VerifiedFile))]
[JsonSerializable(typeof(BackupMade))]
[JsonSerializable(typeof(VersionNumber))]
internal sealed partial class CliLinesContext : JsonSerializerContext;
