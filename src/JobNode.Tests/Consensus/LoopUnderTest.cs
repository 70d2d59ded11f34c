using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Observability;
using JobNode.Queue;
using JobNode.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobNode.Tests.Consensus;

/// <summary>A loop around a scripted core, on a simulated disk; every step of it is written down in order.</summary>
internal sealed class LoopUnderTest : IRaftTransport, IRaftClock, IStateMachine, IDisposable
{
    public static readonly NodeId Self = new(1);
    public static readonly NodeId Other = new(2);

    public static readonly Member[] ThreeMembers =
        [new Member(Self, "a:1"), new Member(Other, "b:1"), new Member(new NodeId(3), "c:1")];

    private readonly JobStateMachine _machine = new(StateLimits.Default);

    public LoopUnderTest(ulong snapshotEntriesMax = 1_000, params Member[] members)
        : this(RaftLoop.BootstrapIndex, snapshotEntriesMax, members, [], 0, new RaftLoopOptions { Self = Self })
    {
    }

    private LoopUnderTest(
        ulong startIndex,
        ulong snapshotEntriesMax,
        Member[] members,
        RaftEntry[] remembered,
        ulong commit,
        RaftLoopOptions options)
    {
        Core = new ScriptedCore(Steps);
        var configuration = new ClusterConfiguration(1, members is { Length: > 0 } ? members : ThreeMembers);
        Snapshots = SnapshotStore.Open(Disk);
        Snapshots.Save(startIndex, startIndex, configuration, null);
        Configuration = configuration;
        Board = new StatusBoard(new ConsensusStatus(
            NodeId.None, RaftRole.Follower, NodeId.None, 0, 0, 0, 0, configuration));
        WriteAheadLog log = WriteAheadLog.Open(Disk, startIndex, new WriteAheadLogOptions(), startIndex);
        if (remembered.Length > 0)
        {
            log.Append(remembered, new HardState(remembered[^1].Term, 0, commit));
            log.FlushAndSync();
            log.Close();
            log.Dispose();
            log = WriteAheadLog.Open(Disk, startIndex, new WriteAheadLogOptions(), startIndex);
        }

        Disk.ShouldFail = (operation, name) =>
        {
            if (operation == StorageOperation.Sync)
            {
                Steps.Add("sync");
                OnSync?.Invoke();
            }

            return IsDiskBroken || Fails?.Invoke(operation, name) == true;
        };
        Loop = new RaftLoop(
            Core,
            log,
            Snapshots,
            this,
            this,
            this,
            Board,
            options with
            {
                SnapshotEntriesMax = snapshotEntriesMax,
                RunInBackground = work => work(),
                Conditions = Conditions,
                Timings = Timings,
            },
            NullLogger.Instance,
            () => Steps.Add("applied hook"));
        Proposer = new CommandProposer(Loop);
        Steps.Clear();
    }

    public List<string> Steps { get; } = [];

    public SimulatedDirectory Disk { get; } = new();

    public bool IsDiskBroken { get; set; }

    /// <summary>Fails or throws instead of an operation on a file.</summary>
    public Func<StorageOperation, string, bool>? Fails { get; set; }

    public NodeConditions Conditions { get; } = new();

    /// <summary>What happens while the disk syncs.</summary>
    public Action? OnSync { get; set; }

    public RaftTimings Timings { get; } = new();

    public ScriptedCore Core { get; }

    public SnapshotStore Snapshots { get; }

    public ClusterConfiguration Configuration { get; }

    public StatusBoard Board { get; }

    public RaftLoop Loop { get; }

    public CommandProposer Proposer { get; }

    public long MonotonicMs { get; set; }

    public ulong UnixMs { get; set; } = 1_700_000_000_000;

    public ulong AppliedIndex => _machine.AppliedIndex;

    public UInt128 Digest => _machine.Digest;

    /// <summary>A node without a log: a spare, or one that joins.</summary>
    public static LoopUnderTest Outside(params Member[] members) =>
        new(0, 1_000, members, [], 0, new RaftLoopOptions { Self = Self });

    /// <summary>A node that starts again with these entries in its log, committed up to an index.</summary>
    public static LoopUnderTest Remembering(long tailBytesMax, ulong commit, params RaftEntry[] entries) => new(
        RaftLoop.BootstrapIndex,
        1_000,
        ThreeMembers,
        entries,
        commit,
        new RaftLoopOptions { Self = Self, TailBytesMax = tailBytesMax });

    /// <summary>Makes this node the leader of term 2, and applies the leader's empty first entry (index 2).</summary>
    public void Lead()
    {
        Core.Enqueue(ready =>
        {
            Fill(ready, RaftRole.Leader, Self, new HardState(2, Self.Value, 2));
            ready.Entries.Add(new RaftEntry(2, 2, RaftEntryKind.Normal, default));
            ready.Committed.Add(new RaftEntry(2, 2, RaftEntryKind.Normal, default));
        });
        Loop.RunTurn();
        Steps.Clear();
    }

    public static void Fill(Ready ready, RaftRole role, NodeId leader, HardState state)
    {
        ready.Role = role;
        ready.Leader = leader;
        ready.HardState = state;
        ready.HardStateChanged = true;
        ready.MustSync = true;
    }

    public static Command NewJob(ulong number) =>
        new Enqueue([new NewJob(new JobId(number), default, 5, 0, 0)]);

    public void Send(NodeId to, byte[] message) => Steps.Add($"send {(RaftMessageKind)message[1]}");

    public void SendSnapshot(NodeId to, byte[] message, ulong snapshotIndex) =>
        Steps.Add($"send snapshot {snapshotIndex}");

    public CommandResult Apply(ulong index, ulong timeMs, Command command)
    {
        Steps.Add("apply");
        return _machine.Apply(index, timeMs, command);
    }

    public void Advance(ulong index) => _machine.Advance(index);

    public IFrozenState Freeze() => _machine.Freeze();

    public void Restore(Stream snapshot)
    {
        Steps.Add("restore");
        _machine.Restore(snapshot);
    }

    public void Dispose()
    {
        IsDiskBroken = false;
        Fails = null;
        Loop.Dispose();
    }
}
