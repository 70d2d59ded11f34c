using JobNode.Api;

namespace JobNode.Tests.Description;

/// <summary>
/// What the description says of each call, by its method and path as <see cref="ApiServer.Routes"/> has them. A route
/// without an entry, and an entry without a route, fail a test.
/// </summary>
internal static class Operations
{
    /// <summary>All of them by method and path, as <c>GET /jobs/{id}</c>.</summary>
    public static IReadOnlyDictionary<string, Operation> All { get; } =
        JobOperations.Table.Concat(ClusterOperations.Table).ToDictionary(StringComparer.Ordinal);

    /// <summary>What the description says of a call.</summary>
    /// <exception cref="KeyNotFoundException">Nothing yet.</exception>
    public static Operation Of(string method, ApiRoute route) =>
        All.TryGetValue($"{method} {route.Template}", out Operation? operation)
            ? operation
            : throw new KeyNotFoundException(
                $"{method} {route.Template} has no description: add one to JobOperations or ClusterOperations");
}
