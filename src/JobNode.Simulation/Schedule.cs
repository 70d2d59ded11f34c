using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>Runs one schedule: faults and load, then healing, then the promises are checked.</summary>
internal sealed class Schedule : IDisposable
{
    private const int QuietSteps = 100;

    private readonly SimulationSettings _settings;
    private readonly SimulatedWorld _world;
    private readonly SimulatedClients _clients;
    private readonly ElectionFaults? _elections;
    private readonly MembershipChecker _members;
    private readonly MachineRoom? _room;
    private readonly FaultInjector _faults;
    private readonly List<SimulatedNode> _nodes = [];

    /// <summary>Bootstraps the nodes.</summary>
    public Schedule(SimulationSettings settings)
    {
        _settings = settings;
        _world = new SimulatedWorld(settings);
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

        SimulatedNetwork network = _world.Network;
        network.FindLoop = index => _nodes[index].Loop;
        network.Deliver = (index, message) => _nodes[index].Receive(message);
        network.ReadSnapshot = (index, at) => _nodes[index].ReadSnapshot(at);
        network.DeliverSnapshot = (index, message, file) => _nodes[index].TakeSnapshot(message, file);
        _elections = settings.Faults.Has(FaultKind.Elections) ? new ElectionFaults(_world, _nodes) : null;
        network.VoteSent = NoteVote;
        _clients = new SimulatedClients(_world, _nodes);
        _room = settings.Faults.Has(FaultKind.Churn)
            ? new MachineRoom(_world, _members, _nodes, address => Build(configuration, address))
            : null;
        _faults = new FaultInjector(_world, _nodes, _room);
    }

    /// <summary>What happened.</summary>
    public SimulationCounts Counts => _world.Counts;

    /// <summary>The last events; empty unless they are recorded.</summary>
    public IEnumerable<string> LastEvents => _world.History?.Last ?? [];

    /// <summary>Equal for equal seeds.</summary>
    public ulong Fingerprint => _world.Checker.Fingerprint;

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
            if (step > QuietSteps)
            {
                _faults.Step();
                _elections?.Step();
            }

            Step(mayStart: true);
        }

        Heal();
        CheckEnd();
    }

    /// <summary>Frees the cores, and lets what still waits for them run out.</summary>
    public void Dispose()
    {
        _nodes.ForEach(static node => node.Dispose());
        GatedPool.Drain();
    }

    private SimulatedNode Build(ClusterConfiguration configuration, string address) =>
        new(_nodes.Count, _world, _members, configuration, address)
        {
            Lost = lost => _room!.Replace(lost),
            FindAt = wanted => _nodes.Find(node => node.Address == wanted && !node.IsGone),
        };

    private void NoteVote(int voter, int candidate)
    {
        HistoryChecker.Require(
            !_nodes[voter].Board!.Current.Configuration.Removed.Contains(_nodes[candidate].Id),
            $"node {_nodes[voter].Id} answers node {_nodes[candidate].Id}, which was removed and asks for votes");
        _elections?.Disturb(voter, candidate);
    }

    private void Step(bool mayStart)
    {
        _world.Time.NowMs += SimulationSettings.StepMs;
        _world.Network.RunDue();
        _clients.Step(mayStart);
        _room?.Step();
        GatedPool.Drain();

        // Not a foreach: what is lost in a turn may be replaced at once.
        for (int i = 0; i < _nodes.Count; i++)
        {
            SimulatedNode node = _nodes[i];
            if (!node.IsStalled)
            {
                node.Work?.Step();
                node.Turn();
            }
        }

        GatedPool.Drain();
        if (_world.Failure is { } failure)
        {
            throw new SimulationFailedException(failure);
        }
    }

    /// <summary>Everything works again: all calls must get their answers, all jobs end, and all nodes meet.</summary>
    private void Heal()
    {
        _world.Note($"healing");
        _elections?.End();
        _room?.End();
        _world.Network.Heal();
        foreach (SimulatedNode node in _nodes)
        {
            node.Calm();
        }

        long acknowledgedBefore = _clients.Acknowledged;
        for (int step = 0; step < _settings.HealingSteps; step++)
        {
            // Not only at first: a power failure during a background save, or an end in order, may be under way still.
            _nodes.Where(static node => node is { IsUp: false, IsGone: false }).ToList()
                .ForEach(static node => node.Start());
            Step(mayStart: step < QuietSteps);
            if (step > QuietSteps && _clients.IsQuiet && HasConverged() && HasFinished())
            {
                HistoryChecker.Require(_clients.Acknowledged > acknowledgedBefore, "nothing commits after healing");
                if (_clients.HasDrained)
                {
                    return;
                }

                _clients.Drain();
            }
        }

        string status = string.Join("; ", _nodes.Where(static node => node.IsUp));
        throw new SimulationFailedException(
            $"the healed cluster did not converge: quiet {_clients.IsQuiet}, finished {HasFinished()}, "
            + $"{_room?.FindUnsettled()}, {status}");
    }

    /// <summary>The nodes that should have the log.</summary>
    private IEnumerable<SimulatedNode> WithLog() => _nodes.Where(
        node => node.IsUp && _members.Latest.Find(node.Id) is { Role: not MemberRole.Spare });

    private bool HasConverged()
    {
        ulong applied = _world.Checker.HighestIndex;
        return WithLog().All(node => node.Board!.Current.AppliedIndex == applied)
            && _room?.FindUnsettled() is null;
    }

    /// <summary>No job is left to do; where no member hashes, none can be done.</summary>
    private bool HasFinished() => !IsDoable() || WithLog().All(static node => node.View!.Counts.Unfinished == 0);

    private bool IsDoable() => _nodes.Exists(
        node => node is { IsUp: true, TakesWork: true } && _members.Latest.Find(node.Id) is not null);

    private void CheckEnd()
    {
        UInt128 digest = WithLog().First().Board!.Current.StateDigest;
        foreach (SimulatedNode node in WithLog())
        {
            ConsensusStatus status = node.Board!.Current;
            HistoryChecker.Require(status.StateDigest == digest, $"the final state of node {node.Id} differs");
            HistoryChecker.Require(
                status.Configuration.Equals(_members.Latest), $"the final configuration of node {node.Id} differs");
            HistoryChecker.Require(node.View!.Counts.ResultMismatches == 0, "two results of one job differed");
            _clients.CheckPromises(node.View!, IsDoable());
        }

        Counts.Nodes = _nodes.Count;
        Counts.SnapshotsInstalled = _world.Checker.Restores;
    }
}
