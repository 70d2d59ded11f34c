namespace JobNode.Observability;

/// <summary>Rates and queue at one time, as a node knew them; null where it could not know.</summary>
/// <param name="AtMs">Unix milliseconds.</param>
/// <param name="Rate">Iterations a second over the last seconds.</param>
/// <param name="Capacity">Iterations a second with every lane busy.</param>
/// <param name="Pending">Jobs that wait for a lane.</param>
/// <param name="Running">Jobs in some node's hands.</param>
/// <param name="Completed">Results that nobody has pulled.</param>
internal readonly record struct ClusterSample(
    long AtMs, double? Rate, double? Capacity, long? Pending, long? Running, long? Completed);
