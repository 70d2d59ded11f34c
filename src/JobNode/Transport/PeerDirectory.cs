using System.Collections.Concurrent;
using JobNode.Commands;

namespace JobNode.Transport;

/// <summary>
/// Where each node is now: its address of the configuration, unless the node itself said another one since.
/// Thread-safe.
/// </summary>
/// <remarks>
/// What a node says of itself is newer than the configuration, which changes only once there is a leader: a cluster
/// whose addresses all changed finds a leader this way. It may be wrong, too (a bad <c>--advertise</c>): after a
/// failure the other address, where there are two, has its turn.
/// </remarks>
internal sealed class PeerDirectory(StatusBoard board)
{
    private const int SaidMax = 2 * Limits.MembersMax;

    private readonly ConcurrentDictionary<NodeId, Said> _said = new();

    /// <summary>The node said (or somebody saw) that it is at this address.</summary>
    public void Note(NodeId node, string address)
    {
        if (node == NodeId.None || !HostPort.TryParse(address, null, out HostPort place, out _) || place.IsWildcard
            || place.Port == 0)
        {
            return;
        }

        if (_said.Count >= SaidMax && !_said.ContainsKey(node))
        {
            ForgetStrangers();
        }

        string canonical = place.ToString();
        if (!_said.TryGetValue(node, out Said? said) || said.Address != canonical)
        {
            _said[node] = new Said(canonical);
        }
    }

    /// <summary>Where the node is; null when nothing is known of it.</summary>
    public string? Find(NodeId node)
    {
        string? configured = board.Current.Configuration.Find(node)?.Address;
        return _said.TryGetValue(node, out Said? said) && (configured is null || !said.IsDoubted)
            ? said.Address
            : configured;
    }

    /// <summary>The member with the address at which it is now; null for a node that is not a member.</summary>
    public Member? FindMember(NodeId node) => board.Current.Configuration.Find(node) is { } member
        ? member with { Address = Find(node) ?? member.Address }
        : null;

    /// <summary>The leader that this node knows, with the address at which it is now.</summary>
    public Member? FindLeader() => FindMember(board.Current.Leader);

    /// <summary>Nobody, or another node, was at this address: the next attempt takes the other one.</summary>
    public void Doubt(NodeId node, string address)
    {
        if (_said.TryGetValue(node, out Said? said))
        {
            said.IsDoubted = said.Address == address;
        }
    }

    private void ForgetStrangers()
    {
        ClusterConfiguration configuration = board.Current.Configuration;
        foreach (NodeId node in _said.Keys.Where(node => configuration.Find(node) is null))
        {
            _said.TryRemove(node, out _);
        }
    }

    /// <summary>What a node said of itself.</summary>
    private sealed class Said(string address)
    {
        private volatile bool _isDoubted;

        public string Address { get; } = address;

        public bool IsDoubted
        {
            get => _isDoubted;
            set => _isDoubted = value;
        }
    }
}
