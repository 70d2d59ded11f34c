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

    /// <summary>What this node says of itself now.</summary>
    public Hello Hello => new(
        self, _address, _peers, _state, _first, _state == BootstrapState.Member ? _configuration : null);

    /// <summary>Sets the list and this node's address in it (empty while unknown).</summary>
    public void Start(IReadOnlyList<string> peers, string address)
    {
        Invariant.That(_state == BootstrapState.Fresh, "only a fresh node starts");
        Invariant.That(address.Length == 0 || peers.Contains(address), "a node's list holds the node itself");
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
        if (step is not BootstrapStep.Wait)
        {
            _state = BootstrapState.Writing;
        }

        return step;
    }

    /// <summary>The configuration is durable; from here on everybody may have it.</summary>
    public void Complete(ClusterConfiguration configuration)
    {
        Invariant.That(_state != BootstrapState.Member, "a node becomes a member once");
        Member? own = configuration.Find(self);
        Invariant.That(own is not null, "a member's configuration holds the member");
        _configuration = configuration;
        _address = own.Address;
        _state = BootstrapState.Member;
    }
}
