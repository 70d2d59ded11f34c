using JobNode.Commands;

namespace JobNode.Simulation;

/// <content>Disks that are lost or damaged.</content>
internal sealed partial class MachineRoom
{
    /// <summary>There is room for one more; a damaged node keeps some free for the one that will replace it.</summary>
    private bool HasRoom =>
        _nodes.Count + _coming + _nodes.Count(static each => each.IsDamaged && !each.IsGone) < NodesMax;

    /// <summary>A node's disk is lost for good: its machine comes back with a new one, and so as a new node.</summary>
    public void Replace(SimulatedNode lost)
    {
        Invariant.That(lost.IsGone, "what is replaced is gone");
        _coming++;
        _network.At(_random.Next(1_000), () =>
        {
            _coming--;
            Add(lost.Address);
        });
    }

    /// <summary>While a node is down something happens to its files, unless the cluster could not do without
    /// it.</summary>
    public void Damage(SimulatedNode node)
    {
        if (node is { IsUp: false, IsGone: false, IsDamaged: false }
            && HasRoom
            && IsSettledWithout(node)
            && IsSurvivable(_members.Latest, node)
            && node.Damage() is { } damage)
        {
            _world.Note($"{node.Id}: {damage}");
        }
    }

    /// <summary>The disk is lost for good; the machine comes back with a new one, and so as a new node.</summary>
    private void Wipe(SimulatedNode node)
    {
        if (node.IsAtRisk || !HasRoom || !IsSettledWithout(node) || !IsSurvivable(_members.Latest, node))
        {
            return;
        }

        _world.Note($"the disk of {node.Id} is lost");
        _counts.Wipes++;
        if (node.KeepsIdWhenWiped)
        {
            node.Wipe();
            return;
        }

        node.Retire();
        Replace(node);
    }

    /// <summary>
    /// True when no change is under way, and each voter that is left knows the last one. Otherwise the loss may be one
    /// too many: when the lost leader told only the voter that it demoted, the others still need that one's vote, which
    /// it refuses because its log is longer, while it may not stand for election itself (an end that raft has when
    /// changes count from their commit on; etcd-io/etcd issue 7625).
    /// </summary>
    private bool IsSettledWithout(SimulatedNode lost) =>
        !_nodes.Exists(each => each.LastChangeIndex > _members.HighestIndex)
        && _nodes.TrueForAll(each =>
            each.IsAtRisk
            || ReferenceEquals(each, lost)
            || !_members.Latest.IsVoter(each.Id)
            || each.Board!.Current.Configuration.Equals(_members.Latest));

    private bool IsSurvivable(ClusterConfiguration configuration, SimulatedNode? lost)
    {
        int voters = 0;
        int left = 0;
        foreach (Member voter in configuration.Voters)
        {
            SimulatedNode node = _nodes[(int)voter.Id.Value - 1];
            voters++;
            left += node.IsAtRisk || ReferenceEquals(node, lost) ? 0 : 1;
        }

        return left >= (voters / 2) + 1;
    }
}
