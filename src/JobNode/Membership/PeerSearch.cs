using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>
/// Which addresses a node without a cluster asks, and which of them form one: with --bootstrap-expect N the first N in
/// canonical order, else all. The rest wait and join.
/// </summary>
/// <remarks>
/// The list that forms a cluster is fixed once it is complete, although a name may change its addresses:
/// <see cref="BootstrapDecision"/> stands on nodes that never show two lists. Until then it is empty, and so no decider
/// counts this node.
/// </remarks>
internal sealed class PeerSearch(
    IReadOnlyList<HostPort> peers, HostPort? own, int? expect, PeerResolver resolver)
{
    private ResolvedPeers _now = new([], false, "");
    private IReadOnlyList<string>? _first;

    /// <summary>This node forms no cluster, so that its list stays empty.</summary>
    public bool OnlyJoins { get; init; }

    /// <summary>This node's address, or null while it is not known.</summary>
    public HostPort? Own { get; private set; } = own;

    /// <summary>The list that forms the cluster with this node in it; empty while it is not complete, or when this node
    /// is not in it.</summary>
    public IReadOnlyList<string> List { get; private set; } = [];

    /// <summary>Whom to ask.</summary>
    public IReadOnlyList<string> Asked { get; private set; } = [];

    /// <summary>The addresses come from a name, and this node's own is not among them: it asks which of them it
    /// is.</summary>
    public bool MustFindItself => _now.IsName && !(Own is { } known && _now.Addresses.Contains(known.ToString()));

    /// <summary>A sentence when the name's addresses changed since the list was fixed, or null.</summary>
    public string? Changed { get; private set; }

    /// <summary>Asks for the addresses of names again.</summary>
    /// <exception cref="FormatException">The list names what nobody can dial, or not enough.</exception>
    public async Task LookAsync(CancellationToken cancellation)
    {
        _now = await resolver.ResolveAsync(cancellation);
        IReadOnlyList<string> all = _now.IsName ? _now.Addresses : PeerList.From(peers, Own);
        if (OnlyJoins)
        {
            Asked = all;
            return;
        }

        if (!_now.IsName && Own is not null && expect > all.Count)
        {
            throw new FormatException(
                $"--bootstrap-expect is {expect}, but --peers and this node are {all.Count} addresses "
                + $"({PeerList.Format(all)}): name all of them, or a DNS name that has them");
        }

        int count = expect ?? all.Count;
        if (Own is { } known && !MustFindItself && all.Count >= count && count > 0)
        {
            IReadOnlyList<string> first = [.. all.Take(count)];
            _first ??= first;
            Changed = _first.SequenceEqual(first)
                ? null
                : $"{peers[0].Host} has the addresses {PeerList.Format(first)} now, and this node began with "
                    + $"{PeerList.Format(_first)}: start it again";
            List = _first.Contains(known.ToString()) ? _first : [];
        }

        Asked = _first is null ? all : [.. all.Union(_first).Order(StringComparer.Ordinal)];
    }

    /// <summary>This node is at this address.</summary>
    public void Found(HostPort address) => Own = address;

    /// <summary>Why this node waits while its list is not complete.</summary>
    public string SayIncomplete()
    {
        if (Changed is not null)
        {
            return Changed;
        }

        if (OnlyJoins)
        {
            return $"this node only computes, and waits for a cluster at {PeerList.Format(Asked)}; those that form one "
                + "must not name it in --peers";
        }

        if (_first is not null)
        {
            return $"this node waits for {PeerList.Format(_first)} to form the cluster";
        }

        string failure = _now.Failure.Length > 0 ? $" ({_now.Failure})" : "";
        return $"{peers[0].Host} has {_now.Addresses.Count} addresses{failure}, and this node waits for {expect}";
    }

    /// <summary>Why this node waits while it does not know its own address.</summary>
    public string SayNoOwnAddress(int answered) => OnlyJoins || _now.Addresses.Count == 0
        ? SayIncomplete()
        : answered < Asked.Count
            ? $"none of --peers ({PeerList.Format(Asked)}) that answer leads to this node yet"
            : $"none of --peers ({PeerList.Format(Asked)}) leads to this node: name it there, or give --advertise";
}
