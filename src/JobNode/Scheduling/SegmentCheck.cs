using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// A segment that is computed again, and what the nodes asked so far said. The first opinion is that of the worker
/// itself. Two nodes that agree are believed; a node that contradicts itself is not.
/// </summary>
internal sealed class SegmentCheck(ChainSegment segment)
{
    private readonly List<ChainOpinion> _opinions = [new ChainOpinion(segment.Worker, segment.End.Chain)];

    /// <summary>What is checked.</summary>
    public ChainSegment Segment { get; } = segment;

    /// <summary>The work that is to give the next opinion; null between two of them.</summary>
    public DispatchedJob? Task { get; set; }

    /// <summary>Nobody is left to ask for a first opinion: those who gave one are asked again.</summary>
    public bool AsksAgain { get; set; }

    /// <summary>Decided, or not wanted any more.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Only the worker itself has spoken.</summary>
    public bool IsFirst => CountOf(Segment.Worker) == _opinions.Count;

    /// <summary>Opinions differ.</summary>
    public bool IsDisputed
    {
        get
        {
            foreach (ChainOpinion opinion in _opinions)
            {
                if (opinion.Chain != _opinions[0].Chain)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>What was said so far.</summary>
    public IReadOnlyList<ChainOpinion> Opinions => _opinions;

    /// <summary>True when this node's opinion is wanted now.</summary>
    public bool MayAsk(NodeId node) => CountOf(node) == (AsksAgain ? 1 : 0);

    /// <summary>How often a node was heard.</summary>
    public int CountOf(NodeId node)
    {
        int count = 0;
        foreach (ChainOpinion opinion in _opinions)
        {
            count += opinion.Node == node ? 1 : 0;
        }

        return count;
    }

    /// <summary>Notes what a node says.</summary>
    public void Add(NodeId node, Digest512 chain) => _opinions.Add(new ChainOpinion(node, chain));

    /// <summary>Forgets what a node said; false when it said nothing.</summary>
    public bool Withdraw(NodeId node) => _opinions.RemoveAll(opinion => opinion.Node == node) > 0;

    /// <summary>Who is shown to be wrong by what was said so far: at first those who contradict themselves, else those
    /// who differ from what most say, if that are two nodes at least.</summary>
    public List<NodeId> FindFaulty()
    {
        List<NodeId> faulty = [];
        foreach (ChainOpinion opinion in _opinions)
        {
            if (Contradicts(opinion) && !faulty.Contains(opinion.Node))
            {
                faulty.Add(opinion.Node);
            }
        }

        if (faulty.Count > 0 || FindAgreed() is not { } agreed)
        {
            return faulty;
        }

        foreach (ChainOpinion opinion in _opinions)
        {
            if (opinion.Chain != agreed && !faulty.Contains(opinion.Node))
            {
                faulty.Add(opinion.Node);
            }
        }

        return faulty;
    }

    /// <summary>True when a node gave two different answers.</summary>
    public bool ContradictsItself(NodeId node)
    {
        foreach (ChainOpinion opinion in _opinions)
        {
            if (opinion.Node == node && Contradicts(opinion))
            {
                return true;
            }
        }

        return false;
    }

    private bool Contradicts(ChainOpinion opinion)
    {
        foreach (ChainOpinion other in _opinions)
        {
            if (other.Node == opinion.Node && other.Chain != opinion.Chain)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What more nodes say than anything else, if that are two at least.</summary>
    private Digest512? FindAgreed()
    {
        Digest512? best = null;
        int most = 1;
        foreach (ChainOpinion opinion in _opinions)
        {
            int nodes = CountNodes(opinion.Chain);
            if (nodes > most)
            {
                (best, most) = (opinion.Chain, nodes);
            }
            else if (nodes == most && best != opinion.Chain)
            {
                best = null;
            }
        }

        return best;
    }

    private int CountNodes(Digest512 chain)
    {
        List<NodeId> nodes = [];
        foreach (ChainOpinion opinion in _opinions)
        {
            if (opinion.Chain == chain && !nodes.Contains(opinion.Node))
            {
                nodes.Add(opinion.Node);
            }
        }

        return nodes.Count;
    }
}
