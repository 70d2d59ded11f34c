using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>Lets the faults of a mix happen, each with its own chance in every step.</summary>
internal sealed class FaultInjector(SimulatedWorld world, IReadOnlyList<SimulatedNode> nodes, MachineRoom? room)
{
    private const int StallMsMax = 3_000;
    private const int DiskTroubleMsMax = 4_000;
    private const int StartOneIn = 50;

    private readonly Random _random = world.Random;
    private readonly SimulatedNetwork _network = world.Network;
    private readonly FaultMix _mix = world.Settings.Faults;

    /// <summary>One step of virtual time.</summary>
    public void Step()
    {
        foreach (SimulatedNode down in nodes.Where(static node => node is { IsUp: false, IsGone: false }).ToArray())
        {
            if (_random.Next(StartOneIn) == 0)
            {
                world.Note($"{down.Id} starts");
                down.Start();
            }
        }

        foreach (FaultKind kind in FaultMix.All)
        {
            if (_random.Next(1_000_000) < _mix.PerMillion(kind))
            {
                Happen(kind, nodes[_random.Next(nodes.Count)]);
            }
        }
    }

    private void Happen(FaultKind kind, SimulatedNode node)
    {
        switch (kind)
        {
            case FaultKind.Blackout:
                world.Note($"all lose power");
                foreach (SimulatedNode each in nodes.Where(static node => node.IsUp))
                {
                    each.LosePower();
                }

                break;
            case FaultKind.Partition or FaultKind.OneWay:
                Cut(_random.Next(1, (1 << nodes.Count) - 1), kind == FaultKind.Partition ? 0 : _random.Next(1, 3));
                break;
            case FaultKind.Minority:
                CutOffLeader();
                break;
            case FaultKind.Loss or FaultKind.Duplicates or FaultKind.Delay or FaultKind.Streams:
                Disturb(kind);
                break;
            case FaultKind.Clock:
                world.Note($"the clock of {node.Id} jumps");
                node.JumpClock();
                break;
            case FaultKind.Corruption:
                room?.Damage(node);
                break;
            default:
                if (node.IsUp)
                {
                    Hurt(kind, node);
                }

                break;
        }
    }

    private void Hurt(FaultKind kind, SimulatedNode node)
    {
        switch (kind)
        {
            case FaultKind.Power:
                world.Note($"{node.Id} loses power");
                node.LosePower();
                break;
            case FaultKind.Crash:
                world.Note($"{node.Id} is about to lose power");
                node.CrashSoon();
                break;
            case FaultKind.Kill:
                world.Note($"{node.Id} is killed");
                node.Kill();
                break;
            case FaultKind.Stop:
                world.Note($"{node.Id} stops in order");
                node.StopAfter(_random.Next(2) * _random.Next(1_000));
                break;
            case FaultKind.Stall:
                world.Counts.Stalls++;
                world.Note($"{node.Id} stands still");
                node.StalledUntilMs = world.Time.NowMs + _random.Next(StallMsMax);
                break;
            case FaultKind.FullDisk or FaultKind.IoError:
                world.Note($"the disk of {node.Id} takes no writes: {kind}");
                node.RefuseWrites(kind, world.Time.NowMs + _random.Next(DiskTroubleMsMax));
                break;
            case FaultKind.FailedSync or FaultKind.StaleCache:
                world.Note($"a sync of {node.Id} will fail");
                node.FailSyncSoon(kind);
                break;
            case FaultKind.SlowDisk:
                world.Note($"the disk of {node.Id} is slow");
                node.SlowUntilMs = world.Time.NowMs + _random.Next(DiskTroubleMsMax);
                break;
            default:
                break;
        }
    }

    /// <summary>The network behaves badly in one more way, or well again.</summary>
    private void Disturb(FaultKind kind)
    {
        if (_random.Next(3) == 0)
        {
            _network.Calm();
            return;
        }

        world.Note($"the network: {kind}");
        switch (kind)
        {
            case FaultKind.Loss:
                _network.DropPerMille = _random.Next(300);
                break;
            case FaultKind.Duplicates:
                _network.DuplicatePerMille = _random.Next(200);
                break;
            case FaultKind.Delay:
                _network.DelayMaxMs = _random.Next(2, 150);
                break;
            default:
                _network.StreamBreakPerMille = _random.Next(300);
                break;
        }
    }

    /// <summary>Cuts a set of nodes off: in both directions, or in the one from it (1) or to it (2); half of the time
    /// mends everything instead.</summary>
    private void Cut(int side, int direction)
    {
        if (_random.Next(2) == 0)
        {
            world.Note($"all links work again");
            _network.Mend();
            return;
        }

        world.Counts.Partitions++;
        world.Note($"cut off: {Convert.ToString(side, 2)}, direction {direction}");
        for (int from = 0; from < nodes.Count; from++)
        {
            for (int to = 0; to < nodes.Count; to++)
            {
                bool isFromSide = (side >> from & 1) != 0;
                bool isToSide = (side >> to & 1) != 0;
                bool isCut = isFromSide != isToSide && (direction == 0 || (direction == 1) == isFromSide);
                _network.Cut(from, to, isCut);
            }
        }
    }

    private void CutOffLeader()
    {
        SimulatedNode? leader = nodes.FirstOrDefault(static node => node.IsUp && node.Board!.Current.IsLeader);
        if (leader is null)
        {
            return;
        }

        int side = 1 << (int)(leader.Id.Value - 1);
        int voters = leader.Board!.Current.Configuration.Voters.Count();
        int companions = _random.Next((voters + 1) / 2);
        foreach (Member voter in leader.Board.Current.Configuration.Voters.Take(companions))
        {
            side |= 1 << (int)(voter.Id.Value - 1);
        }

        Cut(side, _random.Next(3));
    }
}
