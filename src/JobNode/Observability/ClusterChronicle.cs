namespace JobNode.Observability;

/// <summary>
/// Tells the events of a cluster from one look at it after the other. What is not to be seen for a moment only (a
/// leader between two elections, a worker that turns to the new leader) is no event. Not thread-safe.
/// </summary>
internal sealed class ClusterChronicle
{
    /// <summary>Events that are kept.</summary>
    public const int EventsMax = 100;

    /// <summary>Looks in a row at which something has to be missing.</summary>
    public const int MissingLooks = 3;

    private readonly RecentItems<ClusterEvent> _events = new(EventsMax);
    private readonly Dictionary<string, int> _missing = new(StringComparer.Ordinal);
    private ObservedCluster? _settled;
    private int _leaderless;
    private bool _hasBegun;

    /// <summary>All that are kept, oldest first.</summary>
    public ClusterEvent[] Events => _events.ToArray();

    /// <summary>Looks once more; gives what has happened since the last time.</summary>
    /// <param name="node">Who looks, for its own first event.</param>
    /// <param name="now">What it sees.</param>
    /// <param name="atMs">Unix milliseconds.</param>
    public IReadOnlyList<ClusterEvent> Observe(string node, ObservedCluster now, long atMs)
    {
        var news = new List<ClusterEvent>();
        if (!_hasBegun)
        {
            _hasBegun = true;
            news.Add(new ClusterEvent(atMs, "start", $"{node} started: its list of events begins here"));
        }

        if (_settled is not null)
        {
            ObservedCluster settled = Settle(_settled, now);
            news.AddRange(ClusterChanges.Between(_settled, settled, atMs));
            _settled = settled;
        }
        else if (now.Leader is not null)
        {
            // Before a leader is known there is nothing that could change. Who is silent from the start is lost only
            // when that goes on: a new leader's workers come one after the other.
            _settled = now with
            {
                Members = now.Members.Values
                    .Select(static member => member with { IsAlive = true })
                    .ToDictionary(static member => member.Id, StringComparer.Ordinal),
            };
        }

        news.ForEach(_events.Add);
        return news;
    }

    /// <summary>What is seen now, but with what is missing for a moment only as it was.</summary>
    private ObservedCluster Settle(ObservedCluster before, ObservedCluster now)
    {
        _leaderless = now.Leader is null ? _leaderless + 1 : 0;
        bool keepsLeader = _leaderless is > 0 and < MissingLooks;
        foreach (string gone in before.Members.Keys.Where(id => !now.Members.ContainsKey(id)))
        {
            _missing.Remove(gone);
        }

        return now with
        {
            Leader = keepsLeader ? before.Leader : now.Leader,
            Term = now.Leader is null ? before.Term : now.Term,
            Members = now.Members.Values
                .Select(member => Settle(before.Members.GetValueOrDefault(member.Id), member, now.Leader is not null))
                .ToDictionary(member => member.Id, StringComparer.Ordinal),
        };
    }

    /// <summary>Only a leader knows who is at work; a cut-off node must not call the others lost.</summary>
    private ObservedMember Settle(ObservedMember? before, ObservedMember now, bool hasLeader)
    {
        int missing = now.IsAlive ? 0 : _missing.GetValueOrDefault(now.Id) + (hasLeader ? 1 : 0);
        _missing[now.Id] = missing;
        bool wasAlive = before?.IsAlive ?? true;
        return now with
        {
            IsAlive = now.IsAlive ? hasLeader || wasAlive : wasAlive && missing < MissingLooks,
            Role = now.Role is "candidate" or "none" ? before?.Role ?? now.Role : now.Role,
        };
    }
}
