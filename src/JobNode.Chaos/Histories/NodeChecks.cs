namespace JobNode.Chaos.Histories;

/// <summary>What the nodes say of themselves: digests, applied indexes, who leads.</summary>
internal sealed class NodeChecks(Findings findings)
{
    private readonly Dictionary<ulong, DigestAt> _digests = [];
    private readonly Dictionary<string, (ulong Index, long AtUs)> _applied = [];
    private readonly Dictionary<ulong, (string Node, long AtUs)> _leaders = [];
    private readonly Dictionary<string, StatusSeen> _latest = [];

    /// <summary>Indexes at which at least two nodes showed their digest.</summary>
    public long DigestsCompared { get; private set; }

    /// <summary>Terms in which somebody led.</summary>
    public int LeaderTerms => _leaders.Count;

    /// <summary>A node and the life of its data directory; null when it has no log to read from.</summary>
    public string? WithLog(string node) =>
        _latest.TryGetValue(node, out StatusSeen? status)
            && status.Role is "leader" or "voter" or "stand-by" or "candidate"
            ? LifeOf(node)
            : null;

    /// <summary>A node and the life of its data directory.</summary>
    public string LifeOf(string node) =>
        _latest.TryGetValue(node, out StatusSeen? status) ? $"{node}/{status.NodeId}" : node;

    /// <summary>A node's status.</summary>
    public void Status(StatusSeen status)
    {
        if (status.NodeId is null)
        {
            return;
        }

        _latest[status.Node] = status;
        if (WithLog(status.Node) is not { } life || status.AppliedIndex == 0)
        {
            return;
        }

        if (_applied.TryGetValue(life, out (ulong Index, long AtUs) before)
            && before.AtUs < status.BeginUs && status.AppliedIndex < before.Index)
        {
            findings.Add(Rule.WentBack, status.AtUs,
                $"{Name(status)} shows applied index {status.AppliedIndex}, though the same node had applied"
                + $" {before.Index} at {Findings.Time(before.AtUs)}");
        }

        if (status.AppliedIndex > before.Index)
        {
            _applied[life] = (status.AppliedIndex, status.AtUs);
        }

        Compare(status);
        if (status.Role == "leader")
        {
            Leader(status.Node, status.Term, status.AtUs);
        }
    }

    /// <summary>A node said that it leads.</summary>
    public void Leader(string node, ulong term, long atUs)
    {
        if (!_leaders.TryAdd(term, (node, atUs)) && _leaders[term].Node != node)
        {
            findings.Add(Rule.TwoLeaders, atUs,
                $"{node} leads in term {term} at {Findings.Time(atUs)}, but {_leaders[term].Node} led in it at"
                + $" {Findings.Time(_leaders[term].AtUs)}");
        }
    }

    private void Compare(StatusSeen status)
    {
        if (status.Digest is not { } digest)
        {
            return;
        }

        if (!_digests.TryGetValue(status.AppliedIndex, out DigestAt? other))
        {
            _digests.Add(status.AppliedIndex, new DigestAt(digest, status.Node, status.AtUs));
            return;
        }

        if (other.Node != status.Node && !other.IsCompared)
        {
            other.IsCompared = true;
            DigestsCompared++;
        }

        if (other.Digest != digest)
        {
            findings.Add(Rule.DigestsDiffer, status.AtUs,
                $"{Name(status)} has the state {digest} at index {status.AppliedIndex}, but {other.Node} had"
                + $" {other.Digest} there at {Findings.Time(other.AtUs)}");
        }
    }

    private static string Name(StatusSeen status) =>
        $"status of {status.Node} ({Findings.Time(status.BeginUs)} to {Findings.Time(status.AtUs)})";

    private sealed class DigestAt(string digest, string node, long atUs)
    {
        /// <summary>Of the state.</summary>
        public string Digest => digest;

        /// <summary>Who showed it first.</summary>
        public string Node => node;

        /// <summary>When.</summary>
        public long AtUs => atUs;

        /// <summary>True once another node showed its own.</summary>
        public bool IsCompared { get; set; }
    }
}
