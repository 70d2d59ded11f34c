using JobNode.Commands;
using JobNode.Consensus;

namespace JobNode.Simulation;

/// <summary>Runs one schedule: faults and load, then healing, then the promises are checked.</summary>
internal sealed class Schedule : IDisposable
{
    private readonly SimulationSettings _settings;
    private readonly Random _random;
    private readonly SimulatedTime _time = new();
    private readonly SimulatedNetwork _network;
    private readonly HistoryChecker _checker;
    private readonly SimulatedClients _clients;
    private readonly ElectionFaults _elections;
    private readonly MembershipChecker _members;
    private readonly MachineRoom? _room;
    private readonly List<SimulatedNode> _nodes = [];
    private readonly int _calmness;

    /// <summary>Bootstraps the nodes.</summary>
    public Schedule(SimulationSettings settings)
    {
        _settings = settings;
        _random = new Random(settings.Seed);

        // From a fault in every tenth step to one in every hundredth: rough schedules find other things than calm ones.
        _calmness = _random.Next(400, 4_000);
        RaftCore.Seed(settings.Seed);
        _checker = new HistoryChecker(Counts);
        _network = new SimulatedNetwork(_random, _time, Counts, Math.Max(settings.Nodes, MachineRoom.NodesMax));
        var configuration = new ClusterConfiguration(
            1,
            [
                .. Enumerable.Range(0, settings.Nodes)
                    .Select(static i => new Member(SimulatedNode.IdAt(i), $"machine{i + 1}:5001")),
            ]);
        _members = new MembershipChecker(configuration, Counts);
        foreach (Member member in configuration.Members)
        {
            _nodes.Add(Build(configuration, member.Address));
        }

        _network.FindLoop = index => _nodes[index].Loop;
        _network.Deliver = (index, message) => _nodes[index].Receive(message);
        _network.ReadSnapshot = (index, at) => _nodes[index].ReadSnapshot(at);
        _network.DeliverSnapshot = (index, message, file) => _nodes[index].TakeSnapshot(message, file);
        _elections = new ElectionFaults(_random, _network, _nodes);
        Action<int, int> disturb = _network.VoteSent;
        _network.VoteSent = (voter, candidate) =>
        {
            HistoryChecker.Require(
                !_nodes[voter].Board!.Current.Configuration.Removed.Contains(_nodes[candidate].Id),
                $"node {_nodes[voter].Id} answers node {_nodes[candidate].Id}, which was removed and asks for votes");
            disturb(voter, candidate);
        };
        _clients = new SimulatedClients(_random, _time, _nodes, Counts);
        if (settings.IsChurning)
        {
            _room = new MachineRoom(
                _random, _time, _network, _members, Counts, _nodes, address => Build(configuration, address), Log);
        }
    }

    /// <summary>What happened.</summary>
    public SimulationCounts Counts { get; } = new();

    /// <summary>Equal for equal seeds.</summary>
    public ulong Fingerprint => _checker.Fingerprint;

    /// <summary>Runs it.</summary>
    /// <exception cref="Exception">A promise was broken; the message says which.</exception>
    public void Run()
    {
        foreach (SimulatedNode node in _nodes)
        {
            node.Start();
        }

        for (int step = 0; step < _settings.FaultySteps; step++)
        {
            if (step > 100)
            {
                Disturb();
            }

            Step(mayStart: true);
        }

        Heal();
        CheckEnd();
    }

    /// <summary>Frees the cores.</summary>
    public void Dispose() => _nodes.ForEach(node => node.Dispose());

    private SimulatedNode Build(ClusterConfiguration configuration, string address) => new(
        _nodes.Count,
        _random,
        _time,
        _network,
        _checker,
        Counts,
        _members,
        configuration,
        address,
        _settings);

    private void Step(bool mayStart)
    {
        _time.NowMs += SimulationSettings.StepMs;
        _network.RunDue();
        _clients.Step(mayStart);
        _room?.Step();
        foreach (SimulatedNode node in _nodes)
        {
            if (node.StalledUntilMs <= _time.NowMs)
            {
                node.Turn();
            }
        }
    }

    private void Disturb()
    {
        foreach (SimulatedNode down in _nodes)
        {
            if (down is { IsUp: false, IsGone: false } && _random.Next(50) == 0)
            {
                Log($"{down.Id} starts");
                down.Start();
            }
        }

        _elections.Step();
        int choice = _random.Next(_calmness);
        SimulatedNode node = _nodes[_random.Next(_nodes.Count)];
        switch (choice)
        {
            case < 3 when node.IsUp:
                Log($"power of {node.Id} fails");
                node.LosePower();
                break;
            case < 9 when node.IsUp:
                node.CrashSoon();
                break;
            case < 11 when node.IsUp:
                Log($"{node.Id} is killed");
                node.Kill();
                break;
            case 11:
                Log("all lose power");
                foreach (SimulatedNode each in _nodes)
                {
                    if (each.IsUp)
                    {
                        each.LosePower();
                    }
                }

                break;
            case < 20:
                Partition();
                break;
            case < 28:
                _network.Heal();
                break;
            case < 32:
                _network.DropPerMille = _random.Next(300);
                _network.DuplicatePerMille = _random.Next(200);
                _network.DelayMaxMs = _random.Next(2, 150);
                break;
            case < 36:
                Counts.Stalls++;
                node.StalledUntilMs = _time.NowMs + _random.Next(3_000);
                break;
            case 36:
                node.JumpClock();
                break;
            case < 39 when node.IsUp:
                Log($"{node.Id} stops in order");
                node.StopAfter(_random.Next(2) * _random.Next(1_000));
                break;
            case < 43 when node.IsUp:
                Log($"the disk of {node.Id} is full");
                node.FullUntilMs = _time.NowMs + _random.Next(4_000);
                break;
            default:
                break;
        }
    }

    /// <summary>Cuts a random set of nodes off, in both directions or in one.</summary>
    private void Partition()
    {
        Counts.Partitions++;
        int side = _random.Next(1, (1 << _nodes.Count) - 1);
        int direction = _random.Next(3);
        Log($"partition {side:b} direction {direction}");
        for (int from = 0; from < _nodes.Count; from++)
        {
            for (int to = 0; to < _nodes.Count; to++)
            {
                bool isFromSide = (side >> from & 1) != 0;
                bool isToSide = (side >> to & 1) != 0;
                bool isCut = isFromSide != isToSide && (direction == 0 || (direction == 1) == isFromSide);
                _network.Cut(from, to, isCut);
            }
        }
    }

    /// <summary>Everything works again: all calls must get their answers and all nodes must meet.</summary>
    private void Heal()
    {
        Log("healing");
        _elections.End();
        _room?.End();
        _network.Heal();
        foreach (SimulatedNode node in _nodes)
        {
            node.Spare();
            node.StalledUntilMs = 0;
            node.FullUntilMs = 0;
        }

        long acknowledgedBefore = _clients.Acknowledged;
        for (int step = 0; step < _settings.HealingSteps; step++)
        {
            // Not only at first: a power failure during a background save, or an end in order, may be under way still.
            _nodes.Where(static node => node is { IsUp: false, IsGone: false }).ToList()
                .ForEach(static node => node.Start());
            Step(mayStart: step < 100);
            if (step > 100 && _clients.IsQuiet && HasConverged())
            {
                HistoryChecker.Require(_clients.Acknowledged > acknowledgedBefore, "nothing commits after healing");
                return;
            }
        }

        string status = string.Join("; ", _nodes.Where(static node => node.IsUp));
        throw new SimulationFailedException(
            $"the healed cluster did not converge: quiet {_clients.IsQuiet}, {_room?.FindUnsettled()}, {status}");
    }

    /// <summary>The nodes that should have the log.</summary>
    private IEnumerable<SimulatedNode> WithLog() => _nodes.Where(
        node => node.IsUp && _members.Latest.Find(node.Id) is { Role: not MemberRole.Spare });

    private bool HasConverged()
    {
        ulong applied = _checker.HighestIndex;
        return WithLog().All(node => node.Board!.Current.AppliedIndex == applied)
            && _room?.FindUnsettled() is null;
    }

    private void CheckEnd()
    {
        UInt128 digest = WithLog().First().Board!.Current.StateDigest;
        foreach (SimulatedNode node in WithLog())
        {
            ConsensusStatus status = node.Board!.Current;
            HistoryChecker.Require(status.StateDigest == digest, $"the final state of node {node.Id} differs");
            HistoryChecker.Require(
                status.Configuration.Equals(_members.Latest), $"the final configuration of node {node.Id} differs");
            _clients.CheckPromises(node.View!);
        }

        Counts.Nodes = _nodes.Count;
        Counts.SnapshotsInstalled = _checker.Restores;
    }

    private void Log(string text)
    {
        if (_settings.Verbose)
        {
            Console.WriteLine($"{_time.NowMs} {text}");
        }
    }
}
