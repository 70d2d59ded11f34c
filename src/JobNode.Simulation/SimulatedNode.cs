using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Queue;

namespace JobNode.Simulation;

/// <summary>One node: a disk that stays, and lives that begin and end on it.</summary>
internal sealed partial class SimulatedNode : IDisposable
{
    private static readonly WriteAheadLogOptions _logOptions = new()
    {
        SegmentBytes = 16 << 10,
        FirstSegmentBytes = 16 << 10,
        SpareSegmentsMax = 1,
    };

    private const int JumpMsMax = 11 * 3_600_000;

    private readonly int _index;
    private readonly SimulatedWorld _world;
    private readonly Random _random;
    private readonly SimulatedNetwork _network;
    private readonly SimulationCounts _counts;
    private readonly MembershipChecker _members;
    private readonly PlantedMistake _mistake;
    private readonly ILogger _logger;
    private readonly WorkSpeed _speed;
    private readonly RaftCoreLogDetail _coreDetail;
    private readonly ClusterConfiguration _configuration;
    private readonly SimulatedClock _clock;
    private readonly List<JobEvent> _events = [];
    private SimulatedDirectory _disk = new();
    private WatchedCore? _core;
    private WriteAheadLog? _log;
    private SnapshotStore? _snapshots;
    private ulong _incarnation;
    private int _operationsUntilCrash = -1;
    private ulong _lastCommit;
    private ulong _lastChangeIndex;

    /// <summary>
    /// A node that never ran: a first member that was bootstrapped, or one that joins and has no log.
    /// </summary>
    public SimulatedNode(
        int index,
        SimulatedWorld world,
        MembershipChecker members,
        ClusterConfiguration configuration,
        string address)
    {
        _index = index;
        _world = world;
        _random = world.Random;
        _network = world.Network;
        _counts = world.Counts;
        _clock = new SimulatedClock(world.Time) { SkewMs = _random.Next(-5_000, 5_000) };
        _members = members;
        _mistake = world.Settings.Mistake;
        _configuration = configuration;
        _speed = WorkSpeed.Any(_random, index);
        Id = IdAt(index);
        Address = address;
        _coreDetail = world.Settings.Verbose ? RaftCoreLogDetail.Info : RaftCoreLogDetail.None;
        _logger = new SimulatedLogger(Id, world);
        Format(configuration.Find(Id) is null ? 0 : RaftLoop.BootstrapIndex);
    }

    /// <summary>This node.</summary>
    public NodeId Id { get; }

    /// <summary>Where it is; a node that takes the place of a wiped one has its address.</summary>
    public string Address { get; }

    /// <summary>Where it stands.</summary>
    public string Zone { get; set; } = "";

    /// <summary>It announces that it stops for a while.</summary>
    public bool IsDraining { get; set; }

    /// <summary>It announces that it leaves for good.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>It announces that it only computes.</summary>
    public bool IsComputeOnly { get; set; }

    /// <summary>It goes on when it hears that it was removed.</summary>
    public bool OutlivesRemoval { get; set; }

    /// <summary>Its disk is lost or given away: it never starts again.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Planted: a lost disk does not make it another node.</summary>
    public bool KeepsIdWhenWiped => _mistake == PlantedMistake.KeptId;

    /// <summary>Index of the last change of the configuration that it may have had in its log or sent.</summary>
    public ulong LastChangeIndex => Math.Max(_lastChangeIndex, _core?.LastChangeIndex ?? 0);

    /// <summary>It is gone, or will be when it looks at its disk.</summary>
    public bool IsAtRisk => IsGone || IsDamaged;

    /// <summary>It has hash threads.</summary>
    public bool TakesWork => _speed.Threads > 0;

    /// <summary>The loop of this life; null while down.</summary>
    public RaftLoop? Loop { get; private set; }

    /// <summary>Takes proposals; null while down.</summary>
    public CommandProposer? Proposer { get; private set; }

    /// <summary>Questions to this life's state.</summary>
    public QueueView? View { get; private set; }

    /// <summary>What this life last said of itself.</summary>
    public StatusBoard? Board { get; private set; }

    /// <summary>While it stands still it takes no turns.</summary>
    public long StalledUntilMs { get; set; }

    /// <summary>True while it stands still.</summary>
    public bool IsStalled => StalledUntilMs > _clock.MonotonicMs;

    /// <summary>True while up.</summary>
    public bool IsUp => Loop is not null;

    /// <summary>This life; null while down.</summary>
    public NodeLife? Life { get; private set; }

    /// <summary>This life's work; null while down.</summary>
    public SimulatedWork? Work { get; private set; }

    /// <summary>Starts a life on what the disk holds; a damaged disk is reported and never used.</summary>
    public void Start()
    {
        Invariant.That(!IsUp && !IsGone, "one life at a time, and none after the last");
        _operationsUntilCrash = -1;
        try
        {
            SnapshotStore snapshots = SnapshotStore.Open(_disk);
            SnapshotMetadata latest = snapshots.Latest
                ?? throw new SnapshotDamagedException("", 0, "there is none");
            WriteAheadLog log = WriteAheadLog.Open(_disk, latest.Index, _logOptions, latest.Term);
            Begin(snapshots, latest, log);

            // All of it was read: what changed lies where nothing is kept.
            IsDamaged = false;
        }
        catch (DataDamagedException damage) when (IsDamaged)
        {
            _counts.DamageFound++;
            _world.Note($"{Id} finds damage: {damage.Message}");
            Retire();
            Lost(this);
        }
    }

    private void Begin(SnapshotStore snapshots, SnapshotMetadata latest, WriteAheadLog log)
    {
        _counts.Restarts++;
        _incarnation++;
        var machine = new JobStateMachine(StateLimits.Default);
        var board = new StatusBoard(new ConsensusStatus(
            NodeId.None, RaftRole.Follower, NodeId.None, 0, 0, 0, 0, latest.Configuration));
        var life = new NodeLife(this, _index);
        var options = new RaftLoopOptions
        {
            Self = Id,
            SnapshotEntriesMax = 40,
            KeptEntriesMax = 5,
            TailBytesMax = 2_000,
            Incarnation = (Id.Value << 32) | _incarnation,
            RunInBackground = work => _network.At(_random.Next(100), () => RunInBackground(life, work)),
        };
        foreach (RaftEntry entry in log.RecoveredEntries.Where(entry => entry.Index <= log.HardState.Commit))
        {
            // Its last life may have ended between writing this down and acting on it.
            _members.Committed(Id, entry);
        }

        _core = new WatchedCore(Id, new RaftCore(_coreDetail), _disk, _world, _members, _mistake);
        _log = log;
        Board = board;
        Loop = new RaftLoop(
            _core,
            log,
            snapshots,
            new CheckedMachine(Id, machine, _world.Checker),
            new SimulatedTransport(_network, this, _index),
            _clock,
            board,
            options,
            _logger,
            () =>
            {
                machine.DrainEvents(_events);
                Work?.OnJobEvents(_events);
                _events.Clear();
            });
        Life = life;
        _mayBeTorn = false;
        _snapshots = snapshots;
        View = machine.View;
        Proposer = new CommandProposer(Loop);
        _lastCommit = 0;
        Work = new SimulatedWork(this, life, _world, _clock, _speed, _logger) { Connect = Connect };
        Work.Start();
    }

    /// <summary>A message arrives.</summary>
    public void Receive(byte[] message)
    {
        if (_mistake == PlantedMistake.VotesForRemoved
            && RaftMessage.KindOf(message) is RaftMessageKind.Vote or RaftMessageKind.PreVote)
        {
            _core?.Smuggle(message);
            return;
        }

        Loop?.Receive(message);
    }

    /// <summary>Takes turns until there is nothing more to do now.</summary>
    public void Turn()
    {
        LateMs = 0;
        while (Loop is RaftLoop loop)
        {
            bool isBusy;
            try
            {
                isBusy = loop.RunTurn();
            }
            catch (Exception exception) when (IsCrash(exception))
            {
                CrashInside();
                return;
            }
            catch (IOException) when (_hasSyncFailed)
            {
                Die();
                return;
            }

            Check();
            if (!isBusy)
            {
                break;
            }
        }

        StalledUntilMs = Math.Max(StalledUntilMs, _clock.MonotonicMs + LateMs);
    }

    /// <summary>The power fails now, between two turns.</summary>
    public void LosePower()
    {
        _counts.PowerFailures++;
        End();
        CrashDisk();
    }

    /// <summary>The node is no more.</summary>
    public void Retire()
    {
        End();
        IsGone = true;
    }

    /// <summary>Planted: the disk is lost, and the node starts anew as if it had never been.</summary>
    public void Wipe()
    {
        End();
        _disk = new SimulatedDirectory();
        Format(0);
        Start();
    }

    /// <summary>The process dies; the machine goes on and loses no write.</summary>
    public void Kill()
    {
        _counts.Kills++;
        End();
        _disk.KillProcess();
    }

    /// <summary>The process hands leadership over and ends in order, if the power does not fail before.</summary>
    public void StopAfter(int handoverMs)
    {
        NodeLife life = Life!;
        Work!.HandBack();
        Loop!.RequestHandover();
        _network.At(handoverMs, () =>
        {
            if (life.IsAlive)
            {
                Stop();
            }
        });
    }

    private void Stop()
    {
        _counts.Stops++;
        try
        {
            Loop!.Stop();
        }
        catch (Exception exception) when (IsCrash(exception))
        {
            CrashInside();
            return;
        }
        catch (IOException) when (_hasSyncFailed)
        {
            Die();
            return;
        }

        End();
        _disk.KillProcess();
    }

    /// <summary>The wall clock jumps, by seconds or by hours; less than the day for which jobs are kept.</summary>
    public void JumpClock() =>
        _clock.SkewMs = _random.Next(2) == 0 ? _random.Next(-5_000, 5_000) : _random.Next(-JumpMsMax, JumpMsMax);

    /// <summary>Ids count from one in the order in which nodes come.</summary>
    public static NodeId IdAt(int index) => new((ulong)index + 1);

    private static bool IsCrash(Exception exception) =>
        exception is SimulatedCrashException || exception.InnerException is SimulatedCrashException;

    /// <inheritdoc/>
    public override string ToString() => Board is { Current: var now }
        ? $"{Id} {now.Role} of term {now.Term} at {now.AppliedIndex}, committed {now.CommitIndex}"
        : $"{Id}";

    /// <summary>The schedule is over.</summary>
    public void Dispose() => End();

    private void End()
    {
        _lastChangeIndex = LastChangeIndex;
        // What the file handles would still write is the dead process's: they answer with an error from here on.
        _core?.Dispose();
        _core = null;
        _log = null;
        Loop = null;
        Proposer = null;
        _snapshots = null;
        View = null;
        Life = null;
        if (Work is { } work)
        {
            work.Dispose();
            _world.Past.Add(work);
            Work = null;
        }

        Spare();
    }

    private void Check()
    {
        ConsensusStatus status = Board!.Current;
        HistoryChecker.Require(status.CommitIndex >= _lastCommit, $"the commit index of node {Id} went back");
        HistoryChecker.Require(status.AppliedIndex <= status.CommitIndex, $"node {Id} applied what is not committed");
        _lastCommit = status.CommitIndex;
        _members.Shows(Id, status, _log!.LastIndex);
        if (status.IsLeader)
        {
            _world.Checker.Leads(Id, status.Term);
            _members.Leads(Id, status.Term);
        }
    }
}
