using JobNode.Commands;

namespace JobNode.Transport;

/// <summary>
/// Who this node is towards the others: every request between nodes carries it. The cluster id and, when it had to be
/// found out, the address come later than the node id.
/// </summary>
internal sealed class ClusterIdentity(NodeId self)
{
    private readonly Lock _gate = new();
    private string? _address;
    private UInt128 _clusterId;

    /// <summary>This node.</summary>
    public NodeId Self { get; } = self;

    /// <summary>HOST:PORT at which the others reach this node; empty until known.</summary>
    public string Address
    {
        get
        {
            lock (_gate)
            {
                return _address ?? "";
            }
        }
    }

    /// <summary>The cluster this node is in; zero until it is in one.</summary>
    public UInt128 ClusterId
    {
        get
        {
            lock (_gate)
            {
                return _clusterId;
            }
        }
    }

    /// <summary>Sets the address; it may change while the node finds out where it is.</summary>
    public void AdvertiseAs(HostPort address)
    {
        Invariant.That(!address.IsWildcard && address.Port > 0, "an advertised address can be dialled");
        lock (_gate)
        {
            _address = address.ToString();
        }
    }

    /// <summary>Sets the cluster, once.</summary>
    public void Join(UInt128 clusterId)
    {
        Invariant.That(clusterId != UInt128.Zero, "a cluster has an id");
        lock (_gate)
        {
            Invariant.That(_clusterId == UInt128.Zero || _clusterId == clusterId, "a node is in one cluster");
            _clusterId = clusterId;
        }
    }
}
