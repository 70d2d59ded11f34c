using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <summary>Settings of the ready loop.</summary>
internal sealed record RaftLoopOptions
{
    /// <summary>This node.</summary>
    public required NodeId Self { get; init; }

    /// <summary>Milliseconds per tick.</summary>
    /// <remarks>
    /// 10 ms with 32 election ticks: a follower that hears no leader starts a pre-vote after 320 to 640 ms (the core
    /// draws from [32, 64) ticks). Pre-vote and vote cost two round trips and two syncs, so a new leader stands well
    /// within a second of the old one's death, one refused pre-vote in between included. Fine ticks make the two bad
    /// draws rare: the same one twice, which splits the vote, and the very shortest, which comes while the other
    /// follower's lease still runs. A heartbeat every 50 ms leaves six lost ones before anybody gets nervous; a slow
    /// disk is bridged (<see cref="HeartbeatRepeater"/>), and hash threads have a low priority.
    /// </remarks>
    public int TickMs { get; init; } = 10;

    /// <summary>Ticks without a leader before an election; see <see cref="TickMs"/>.</summary>
    public int ElectionTicks { get; init; } = 32;

    /// <summary>Ticks between heartbeats; see <see cref="TickMs"/>.</summary>
    public int HeartbeatTicks { get; init; } = 5;

    /// <summary>
    /// Most ticks made up for in one turn. After a stall (SIGSTOP, a suspended laptop) the missing ticks are dropped:
    /// time that this process did not see says nothing about the leader, whose messages wait in the inbox.
    /// </summary>
    public int CatchUpTicksMax { get; init; } = 10;

    /// <summary>
    /// Entries applied since the last snapshot that make the next one due: a restart applies them again.
    /// </summary>
    public ulong SnapshotEntriesMax { get; init; } = 1_000_000;

    /// <summary>
    /// Bytes of entries applied since the last snapshot that make the next one due, or the size of that one's file when
    /// that is more.
    /// </summary>
    public long SnapshotBytesMin { get; init; } = 64L << 20;

    /// <summary>Entries before a snapshot that stay in memory for followers that lag a little.</summary>
    public ulong KeptEntriesMax { get; init; } = 10_000;

    /// <summary>Bytes of the log that stay in memory, whenever the last snapshot was; more while one is sent.</summary>
    public long TailBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// After a snapshot was delivered, the entries that follow it stay in memory for this long at most, in
    /// milliseconds: restoring ten million jobs takes a while.
    /// </summary>
    public int SnapshotRestoreMsMax { get; init; } = 120_000;

    /// <summary>Bytes proposed to the core and not applied yet; past it proposals wait in the inbox.</summary>
    public long ProposedBytesMax { get; init; } = 32L << 20;

    /// <summary>
    /// Bytes of commands that become an entry although one is under way already; fewer wait until it is applied.
    /// </summary>
    public int OwnEntryBytesMin { get; init; } = 64 << 10;

    /// <summary>Raft messages waiting in the inbox; past it they are dropped (raft repeats itself).</summary>
    public int MessagesWaitingMax { get; init; } = 8192;

    /// <summary>Bytes of messages waiting in the inbox.</summary>
    public long MessageBytesWaitingMax { get; init; } = 64L << 20;

    /// <summary>Reads and waits for an index that a node holds.</summary>
    public int ReadsWaitingMax { get; init; } = 65_536;

    /// <summary>A read-index request without an answer is asked again after this many milliseconds.</summary>
    public int ReadIndexRetryMs { get; init; } = 250;

    /// <summary>A read barrier gives up after this many milliseconds.</summary>
    public int ReadTimeoutMs { get; init; } = 5_000;

    /// <summary>A wait for an index to be applied here gives up after this many milliseconds.</summary>
    public int AppliedTimeoutMs { get; init; } = 1_000;

    /// <summary>
    /// So long a leader's heartbeats are repeated while one write of it takes its time; then another leader is better.
    /// </summary>
    public int SlowWriteMsMax { get; init; } = 5_000;

    /// <summary>Where the times of disk and leader are noted.</summary>
    public RaftTimings Timings { get; init; } = new();

    /// <summary>Where the writing of snapshots is noted.</summary>
    public SnapshotTimings SnapshotTimings { get; init; } = new();

    /// <summary>Makes <see cref="ReadContext"/>s unique; random unless a simulation says otherwise.</summary>
    public ulong Incarnation { get; init; } = RandomBits.Next64();

    /// <summary>Runs the writing of a snapshot; on a pool thread unless a simulation says otherwise.</summary>
    public Action<Action> RunInBackground { get; init; } = static work => Task.Run(work);

    /// <summary>Where it is told that the disk takes no writes.</summary>
    public NodeConditions Conditions { get; init; } = new();

    /// <summary>Where damage at rest is counted.</summary>
    public ScrubCounts Scrubs { get; init; } = new();

    /// <summary>A sentence about the space left on the disk, for people.</summary>
    public Func<string> DescribeDisk { get; init; } = static () => "";
}
