namespace JobNode;

/// <summary>What <c>jobnode serve</c> was asked for, already checked for sense.</summary>
/// <param name="DataDirectory">Where this node keeps its identity, log and snapshots; made when absent.</param>
/// <param name="Listen">HOST:PORT of the API; port 0 takes a free one.</param>
/// <param name="ClusterListen">HOST:PORT for the other nodes; port 0 takes a free one.</param>
/// <param name="Advertise">HOST:PORT at which the others reach this node; null derives it from the cluster
/// address.</param>
/// <param name="Peers">Cluster addresses HOST:PORT of the first members, this one included or not; empty:
/// alone.</param>
/// <param name="Workers">Hash threads: null is one per core, 0 computes nothing.</param>
/// <param name="Insecure">The operator said that these ports may be reached from other machines without TLS.</param>
/// <param name="ForcedIsa">scalar, avx2 or avx512 forces a kernel path; null chooses the best.</param>
internal sealed record ServeOptions(
    string DataDirectory,
    string Listen,
    string ClusterListen,
    string? Advertise,
    IReadOnlyList<string> Peers,
    int? Workers,
    bool Insecure,
    string? ForcedIsa);
