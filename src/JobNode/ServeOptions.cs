using JobNode.Commands;

namespace JobNode;

/// <summary>What <c>jobnode serve</c> was asked for, already checked for sense.</summary>
/// <param name="DataDirectory">Where this node keeps its identity, log and snapshots; made when absent.</param>
/// <param name="Listen">Where the API listens; port 0 takes a free one.</param>
/// <param name="ClusterListen">Where the port for the other nodes listens; port 0 takes a free one.</param>
/// <param name="Advertise">At which the others reach this node; null derives it from the cluster address.</param>
/// <param name="Peers">Cluster addresses of the first members, this one included or not; empty: alone.</param>
/// <param name="Workers">Hash threads: null is one per core, 0 computes nothing.</param>
/// <param name="Insecure">The operator said that these ports may be reached from other machines without TLS.</param>
/// <param name="ForcedIsa">scalar, avx2 or avx512 forces a kernel path; null chooses the best.</param>
internal sealed record ServeOptions(
    string DataDirectory,
    HostPort Listen,
    HostPort ClusterListen,
    HostPort? Advertise,
    IReadOnlyList<HostPort> Peers,
    int? Workers,
    bool Insecure,
    string? ForcedIsa);
