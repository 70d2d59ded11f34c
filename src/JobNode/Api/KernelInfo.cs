namespace JobNode.Api;

/// <summary>What the API tells of the hash kernel; filled in by the composition root.</summary>
/// <param name="Path">Name of the path in use: scalar, avx2 or avx512.</param>
/// <param name="Warnings">Paths that are not used, and why.</param>
internal sealed record KernelInfo(string Path, IReadOnlyList<string> Warnings);
