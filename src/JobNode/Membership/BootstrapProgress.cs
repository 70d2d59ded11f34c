using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>
/// What a node remembers between empty directory and membership: the small state machine around
/// <see cref="BootstrapDecision"/>. Pure and not thread-safe; the caller's lock makes each call one step.
/// </summary>
internal sealed class BootstrapProgress(NodeId self)
{
    private IReadOnlyList<string> _peers = [];
    private string _address = "";
    private BootstrapState _state = BootstrapState.Fresh;
    private NodeId _first;
    private ClusterConfiguration? _configuration;
    private bool _isFirst;

    /// <summary>What this node says of itself now.</summary>
    public Hello Hello => new(
        self, _address, _peers, _state, _first, _state == BootstrapState.Member ? _configuration : null)
    {
        IsFirst = _isFirst,
    };

    /// <summary>Sets the list and this node's address in it (empty while unknown).</summary>
    public void Start(IReadOnlyList<string> peers, string address)
    {
        Invariant.That(_state == BootstrapState.Fresh, "only a fresh node starts");
        Invariant.That(
            address.Length == 0 || peers.Count == 0 || peers.Contains(address), "a node's list holds the node itself");
        Invariant.That(_peers.Count == 0 || _peers.SequenceEqual(peers) || _address.Length == 0,
            "a list that others saw with an address stays");
        _peers = peers;
        _address = address;
    }

    /// <summary>
    /// Looks at one round of answers. When the step is to decide or adopt, the node is not fresh any more; the caller
    /// writes the configuration and then calls <see cref="Complete"/>.
    /// </summary>
    public BootstrapStep Observe(IReadOnlyDictionary<string, Hello> answers)
    {
        Invariant.That(_state == BootstrapState.Fresh, "only a fresh node looks around");
        if (answers.TryGetValue(_peers[0], out Hello? first))
        {
            _first = first.Node;
        }

        BootstrapStep step = BootstrapDecision.Decide(Hello, answers);
        if (step is BootstrapStep.Join)
        {
            Join();
        }
        else if (step is not BootstrapStep.Wait)
        {
            _state = BootstrapState.Writing;
        }

        return step;
    }

    /// <summary>From here on this node is not fresh: it asks a cluster to let it in.</summary>
    public void Join()
    {
        Invariant.That(_state == BootstrapState.Fresh, "only a fresh node joins");
        _state = BootstrapState.Joining;
    }

    /// <summary>The node is at another address now.</summary>
    public void MoveTo(string address)
    {
        Invariant.That(_state is BootstrapState.Member or BootstrapState.Joining, "only its place may change");
        _address = address;
    }

    /// <summary>The configuration is durable; from here on everybody may have it.</summary>
    /// <param name="configuration">With this node.</param>
    /// <param name="address">Where this node is.</param>
    /// <param name="isFirst">It is the one that the cluster began with.</param>
    public void Complete(ClusterConfiguration configuration, string address, bool isFirst)
    {
        Invariant.That(_state != BootstrapState.Member, "a node becomes a member once");
        Invariant.That(configuration.Find(self) is not null, "a member's configuration holds the member");
        _configuration = configuration;
        _address = address;
        _isFirst = isFirst;
        _state = BootstrapState.Member;
    }
}
