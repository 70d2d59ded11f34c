using JobNode.Commands;
using JobNode.Membership;

namespace JobNode.Simulation;

/// <summary>
/// Machines that are bought, wiped, drained and taken away while the cluster runs, people who change roles by hand, and
/// the announcements by which the leader hears of it all. Never so much that a quorum is gone for good.
/// </summary>
internal sealed partial class MachineRoom
{
    /// <summary>Identities of one schedule.</summary>
    public const int NodesMax = 14;

    private const int MachinesMax = 7;
    private const long AnnounceEveryMs = 150;
    private static readonly string[] _zones = ["", "a", "b", "c"];

    private readonly Random _random;
    private readonly SimulatedWorld _world;
    private readonly SimulatedTime _time;
    private readonly SimulatedNetwork _network;
    private readonly MembershipChecker _members;
    private readonly SimulationCounts _counts;
    private readonly List<SimulatedNode> _nodes;
    private readonly Func<string, SimulatedNode> _build;
    private readonly Dictionary<NodeId, SimulatedKeeper> _keepers = [];
    private readonly Dictionary<NodeId, NodeId> _hints = [];
    private readonly Dictionary<NodeId, long> _announceAtMs = [];
    private readonly int _perMillion;
    private readonly bool _hasZones;
    private readonly bool _hasComputeOnly;
    private int _coming;
    private bool _isOver;

    /// <summary>A room with the first members in it.</summary>
    public MachineRoom(
        SimulatedWorld world, MembershipChecker members, List<SimulatedNode> nodes, Func<string, SimulatedNode> build)
    {
        Random random = world.Random;
        _world = world;
        _random = random;
        _time = world.Time;
        _network = world.Network;
        _members = members;
        _counts = world.Counts;
        _nodes = nodes;
        _build = build;
        _perMillion = world.Settings.Faults.PerMillion(FaultKind.Churn);
        _hasZones = random.Next(3) == 0;
        _hasComputeOnly = random.Next(3) == 0;
        KeeperEveryMs = random.Next(3) == 0 ? 0 : random.Next(300);
        Options = new PlannerOptions
        {
            Voters = (2 * random.Next(3)) + 1,
            StandBys = random.Next(1, 3),
            SilentAfter = TimeSpan.FromMilliseconds(700),
            ReplaceAfter = TimeSpan.FromMilliseconds(random.Next(1_000, 3_000)),
            ReapAfter = TimeSpan.FromMilliseconds(random.Next(2) * random.Next(3_000, 6_000)),
        };
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            _network.At(random.Next(1_500), Buy);
        }
    }

    /// <summary>What the operator wants; changed now and then.</summary>
    public PlannerOptions Options { get; private set; }

    /// <summary>How often a leader looks after its members.</summary>
    public long KeeperEveryMs { get; }

    /// <summary>One step of virtual time.</summary>
    public void Step()
    {
        if (!_isOver && _random.Next(1_000_000) < _perMillion)
        {
            Disturb();
        }

        // Not a foreach: machines may come meanwhile.
        for (int i = 0; i < _nodes.Count; i++)
        {
            SimulatedNode node = _nodes[i];
            if (node.IsUp && !node.IsStalled)
            {
                KeeperOf(node).Turn();
                AnnounceIfDue(node);
            }
        }
    }

    /// <summary>No more surprises; who was told to leave still leaves, if somebody stays who can lead.</summary>
    public void End()
    {
        _isOver = true;
        bool stays = _nodes.Exists(node => IsStaying(node) && !node.IsComputeOnly);
        foreach (SimulatedNode node in _nodes)
        {
            node.IsDraining = false;
            node.IsLeaving &= stays;
        }
    }

    /// <summary>Proposes a change on a leader, unless it would leave too few machines to decide anything.</summary>
    public bool Propose(SimulatedNode leader, MemberChange change, string reason)
    {
        ClusterConfiguration now = leader.Board!.Current.Configuration;
        if (ConfigurationChange.TryApply(now, change, out ClusterConfiguration next) is not null
            || !IsSurvivable(next, lost: null))
        {
            return false;
        }

        _world.Note($"{leader.Id} proposes {MemberChangeText.Say(now, change)}: {reason}");
        _counts.ProposedChanges++;
        leader.Loop!.ProposeChange(change);
        if (!_isOver && _world.Settings.Faults.Has(FaultKind.Crash) && _random.Next(6) == 0)
        {
            // Between the steps of a change things can be forgotten that chance alone hardly ever hits.
            leader.CrashSoon();
        }

        return true;
    }

    /// <summary>Null when all are what they should be in the end, else what is missing.</summary>
    public string? FindUnsettled()
    {
        ClusterConfiguration wanted = _members.Latest;
        SimulatedNode? leader = _nodes.Find(static node => node.IsUp && node.Board!.Current.IsLeader);
        if (_coming > 0 || leader is null || !KeeperOf(leader).IsAtRest)
        {
            return "the leader has something to change";
        }

        foreach (SimulatedNode node in _nodes)
        {
            if (FindUnsettled(wanted, node) is { } reason)
            {
                return $"node {node.Id}: {reason}";
            }
        }

        return FindUnsettledRoles(wanted);
    }

    /// <summary>Of those that do more than compute. A vote that another one keeps is one that none of these can
    /// take.</summary>
    private string? FindUnsettledRoles(ClusterConfiguration wanted)
    {
        Member[] candidates = [.. wanted.Members.Where(member => !NodeOf(member.Id).IsComputeOnly)];
        int voters = wanted.Voters.Count();
        int most = Math.Min(Options.Voters, Math.Max(1, candidates.Length));
        int expected = most - (1 - (most % 2));
        int standBys = candidates.Count(static member => member.Role == MemberRole.StandBy);
        if (wanted.Voters.Any(voter => NodeOf(voter.Id).IsComputeOnly))
        {
            return candidates.Any(static member => member.Role != MemberRole.Voter) ? "a candidate has no vote"
                : voters < expected || voters > Options.Voters || voters % 2 == 0 ? $"{voters} voters"
                : null;
        }

        return voters != expected ? $"{voters} voters of {candidates.Length} candidates"
            : standBys < Math.Min(Options.StandBys, candidates.Length - voters) ? $"only {standBys} stand-bys"
            : null;
    }

    private SimulatedNode NodeOf(NodeId id) => _nodes[(int)id.Value - 1];

    private static string? FindUnsettled(ClusterConfiguration wanted, SimulatedNode node)
    {
        bool isRemoved = wanted.Removed.Contains(node.Id);
        if (node.IsGone || isRemoved)
        {
            return wanted.Find(node.Id) is not null ? "still a member"
                : node.IsUp && node.Board!.Current.IsLeader ? "leads"
                : null;
        }

        ConsensusStatus status = node.Board!.Current;
        return node.IsLeaving ? "not removed"
            : wanted.Find(node.Id) is not { } member ? "no member"
            : !status.Configuration.Equals(wanted) ? "another configuration"
            : member.Role == MemberRole.Spare ? null
            : status.AppliedIndex == 0 ? "no log"
            : null;
    }

    private bool IsStaying(SimulatedNode node) =>
        !node.IsGone && !node.IsLeaving && !_members.Latest.Removed.Contains(node.Id);

    private void Disturb()
    {
        SimulatedNode any = _nodes[_random.Next(_nodes.Count)];
        bool mayLose = _nodes.Count(IsStaying) >= 3;
        switch (_random.Next(12))
        {
            case < 2:
                Buy();
                break;
            case < 5:
                Wipe(any);
                break;
            case 5 when mayLose && IsStaying(any):
                _world.Note($"{any.Id} is told to leave");
                any.IsLeaving = true;
                break;
            case 6 when any.IsUp && !any.IsDraining:
                Drain(any);
                break;
            case 7:
                Options = Options with { Voters = (2 * _random.Next(3)) + 1 };
                _world.Note($"{Options.Voters} voters are wanted");
                break;
            case 8 when _hasComputeOnly:
                any.IsComputeOnly = !any.IsComputeOnly;
                _world.Note($"{any.Id} only computes: {any.IsComputeOnly}");
                break;
            default:
                ChangeByHand(any, mayLose);
                break;
        }
    }

    private void Buy()
    {
        if (HasRoom && _nodes.Count(static node => !node.IsGone) < MachinesMax && !_isOver)
        {
            Add($"machine{_nodes.Count + 1}:5001");
        }
    }

    private void Add(string address)
    {
        SimulatedNode node = _build(address);
        node.Zone = _hasZones ? _zones[_random.Next(_zones.Length)] : "";
        node.IsComputeOnly = _hasComputeOnly && _random.Next(3) == 0;
        node.OutlivesRemoval = _random.Next(3) == 0;
        _nodes.Add(node);
        _world.Note($"{node.Id} comes up at {address}");
        node.Start();
    }

    private void Drain(SimulatedNode node)
    {
        _world.Note($"{node.Id} drains");
        node.IsDraining = true;
        StatusBoard life = node.Board!;
        _network.At(_random.Next(1_500), () =>
        {
            if (ReferenceEquals(life, node.Board) && node is { IsUp: true, IsDraining: true })
            {
                node.StopAfter(0);
            }

            node.IsDraining = false;
        });
    }

    /// <summary>Somebody promotes, demotes or removes by hand.</summary>
    private void ChangeByHand(SimulatedNode node, bool mayLose)
    {
        SimulatedNode? leader = _nodes.Find(
            each => each.IsUp && each.StalledUntilMs <= _time.NowMs && each.Board!.Current.IsLeader);
        if (leader?.Board!.Current.Configuration.Find(node.Id) is not { } member)
        {
            return;
        }

        if (mayLose && _random.Next(4) == 0)
        {
            Propose(leader, new MemberChange.Remove(node.Id), "by hand");
            return;
        }

        MemberRole role = member.Role == MemberRole.StandBy ? MemberRole.Voter : MemberRole.StandBy;
        Propose(leader, new MemberChange.Put(member with { Role = role }), "by hand");
    }

    private SimulatedKeeper KeeperOf(SimulatedNode node)
    {
        if (!_keepers.TryGetValue(node.Id, out SimulatedKeeper? keeper) || !keeper.IsOf(node))
        {
            keeper = _keepers[node.Id] = new SimulatedKeeper(node, _time, this);
        }

        return keeper;
    }

    private void AnnounceIfDue(SimulatedNode node)
    {
        if (_time.NowMs < _announceAtMs.GetValueOrDefault(node.Id))
        {
            return;
        }

        _announceAtMs[node.Id] = _time.NowMs + AnnounceEveryMs + _random.Next(50);
        ConsensusStatus status = node.Board!.Current;
        var said = new SimulatedAnnouncement(
            node.Id, node.Address, node.Zone, status.AppliedIndex > 0, node.IsDraining, node.IsLeaving,
            node.IsComputeOnly);
        if (status.IsLeader)
        {
            KeeperOf(node).Hear(said);
        }

        // Nobody answered the last time: any node may know the leader.
        NodeId to = _hints.Remove(node.Id, out NodeId hint) ? hint : _nodes[_random.Next(_nodes.Count)].Id;
        if (to != node.Id)
        {
            StatusBoard life = node.Board;
            _network.Carry(node.Id, to, () => Take(said, to, life));
        }
    }

    private void Take(SimulatedAnnouncement said, NodeId at, StatusBoard asker)
    {
        SimulatedNode node = NodeOf(at);
        if (!node.IsUp || node.StalledUntilMs > _time.NowMs)
        {
            return;
        }

        ConsensusStatus status = node.Board!.Current;
        if (status.IsLeader)
        {
            KeeperOf(node).Hear(said);
        }

        _network.Carry(at, said.Node, () => TakeAnswer(said.Node, status, asker));
    }

    private void TakeAnswer(NodeId asked, ConsensusStatus answer, StatusBoard life)
    {
        SimulatedNode node = NodeOf(asked);
        if (!node.IsUp || !ReferenceEquals(node.Board, life))
        {
            return;
        }

        if (answer.Leader != NodeId.None)
        {
            _hints[asked] = answer.Leader;
        }

        if (!answer.IsLeader)
        {
            return;
        }

        if (!answer.Configuration.Removed.Contains(asked))
        {
            node.Loop!.NoteOutside(answer.Configuration, answer.Self, answer.Term);
        }
        else if (!node.OutlivesRemoval)
        {
            _world.Note($"{asked} hears that it was removed");
            node.Retire();
        }
    }
}
