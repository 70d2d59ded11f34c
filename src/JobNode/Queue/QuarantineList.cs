using System.Text;
using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>Nodes that get no work, oldest first: a handful at most.</summary>
internal sealed class QuarantineList
{
    private readonly List<QuarantinedNode> _nodes = [];

    /// <summary>A copy.</summary>
    public QuarantinedNode[] ToArray() => [.. _nodes];

    /// <summary>How many.</summary>
    public int Count => _nodes.Count;

    /// <summary>Sum of the entries' hashes; zero when there are none.</summary>
    public UInt128 Digest { get; private set; }

    /// <summary>Appends a node; false when it is there. Past <see cref="Limits.QuarantinedMax"/> the oldest goes: the
    /// nodes of that many entries cannot all be members.</summary>
    public bool Add(QuarantinedNode node)
    {
        if (Find(node.Node) >= 0)
        {
            return false;
        }

        if (_nodes.Count == Limits.QuarantinedMax)
        {
            RemoveAt(0);
        }

        _nodes.Add(node);
        Digest += HashOf(node);
        Invariant.That(_nodes.Count <= Limits.QuarantinedMax, "the list is bounded");
        return true;
    }

    /// <summary>Takes a node out; false when it is not there.</summary>
    public bool Remove(NodeId node)
    {
        int place = Find(node);
        if (place < 0)
        {
            return false;
        }

        RemoveAt(place);
        return true;
    }

    /// <summary>The digest from scratch: what <see cref="Digest"/> must equal.</summary>
    public UInt128 RecomputeDigest()
    {
        UInt128 sum = 0;
        foreach (QuarantinedNode node in _nodes)
        {
            sum += HashOf(node);
        }

        return sum;
    }

    private int Find(NodeId node)
    {
        for (int i = 0; i < _nodes.Count; i++)
        {
            if (_nodes[i].Node == node)
            {
                return i;
            }
        }

        return -1;
    }

    private void RemoveAt(int place)
    {
        Digest -= HashOf(_nodes[place]);
        _nodes.RemoveAt(place);
        Invariant.That(_nodes.Count > 0 || Digest == 0, "an empty list has no digest");
    }

    private static UInt128 HashOf(QuarantinedNode node)
    {
        var hash = new StateHash(StateHash.ItemKind.Quarantine);
        hash.Add(node.Node.Value);
        hash.Add(node.SinceMs);
        foreach (byte part in Encoding.UTF8.GetBytes(node.Reason))
        {
            hash.Add((ulong)part);
        }

        return hash.Finish();
    }
}
