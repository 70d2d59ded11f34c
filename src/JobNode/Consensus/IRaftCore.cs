using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>
/// The raft algorithm as a pure state machine: no clock, disk or network of its own. Two implementations: etcd's core
/// (<see cref="RaftCore"/>), and a scripted one in the tests of the loop. One thread calls in.
/// </summary>
/// <remarks>
/// Every method may throw <see cref="RaftCoreException"/>: the core found its own state broken; stop the node.
/// </remarks>
internal interface IRaftCore : IDisposable
{
    /// <summary>Loads what the disk remembered. Called once, before everything else.</summary>
    void Start(RaftCoreStart start);

    /// <summary>
    /// Runs what calls in for long on the calling thread, as cheaply as the core can have it, and returns after it.
    /// </summary>
    void Host(Action loop);

    /// <summary>Logical time goes on by one tick.</summary>
    void Tick();

    /// <summary>
    /// Stands for election now instead of after a silence. A sole voter wins with the next <see cref="Ready"/>.
    /// </summary>
    void Campaign();

    /// <summary>
    /// Takes a message from another node. False when the core refused it (unknown sender, local kind).
    /// </summary>
    bool Step(ReadOnlySpan<byte> message);

    /// <summary>
    /// Appends an entry to the leader's log. False: dropped and never logged (etcd's ErrProposalDropped).
    /// </summary>
    bool Propose(ReadOnlySpan<byte> entry);

    /// <summary>Asks for an index that a linearisable read has to wait for; may be lost without a word.</summary>
    void RequestReadIndex(ReadContext context);

    /// <summary>Messages to this node are not getting through.</summary>
    void ReportUnreachable(NodeId node);

    /// <summary>A snapshot transfer to this node ended. Without this call the node stays paused for ever.</summary>
    void ReportSnapshot(NodeId node, bool delivered);

    /// <summary>
    /// Appends a change of the configuration to the leader's log; false as for <see cref="Propose"/>. While another one
    /// is not applied yet, an empty entry is appended in its place without a word.
    /// </summary>
    /// <param name="change">What it is to raft.</param>
    /// <param name="context">What it is to us: the encoded <see cref="MemberChange"/>.</param>
    bool ProposeChange(RaftChange change, ReadOnlySpan<byte> context);

    /// <summary>
    /// Called for each committed change, between <see cref="TryTakeReady"/> and <see cref="Advance"/>; with
    /// <see cref="RaftChange.Nothing"/> when it does not apply.
    /// </summary>
    void ApplyChange(RaftChange change);

    /// <summary>On a leader, how far each node of the configuration is, itself included; on others
    /// nothing.</summary>
    void ReadProgress(List<MemberProgress> into);

    /// <summary>Asks this leader to hand its leadership over.</summary>
    void TransferLeadership(NodeId to);

    /// <summary>
    /// Fills <paramref name="ready"/> with what has to be done now; false when there is nothing. What was filled in is
    /// valid until <see cref="Advance"/>, and nothing but <see cref="ApplyChange"/> may be called before it.
    /// </summary>
    bool TryTakeReady(Ready ready);

    /// <summary>All of the last <see cref="Ready"/> is done.</summary>
    void Advance();

    /// <summary>
    /// A snapshot at <paramref name="snapshotIndex"/> is on disk, with the configuration of that index; memory keeps
    /// only entries after <paramref name="keepAfterIndex"/>, for followers that lag a little.
    /// </summary>
    void Compact(ulong snapshotIndex, RaftConfiguration configuration, ulong keepAfterIndex);

    /// <summary>
    /// Memory keeps only entries after <paramref name="keepAfterIndex"/>, which are applied at least up to there. Who
    /// needs older ones than that and the snapshot is older too, makes <see cref="Ready.SnapshotWanted"/> true.
    /// </summary>
    void Trim(ulong keepAfterIndex);

    /// <summary>Moves the core's own log lines out, oldest first.</summary>
    void DrainLog(List<RaftCoreLogLine> into);
}

/// <summary>What a core starts from.</summary>
/// <param name="Self">This node; never <see cref="NodeId.None"/>.</param>
/// <param name="SnapshotIndex">Index of the latest snapshot on disk.</param>
/// <param name="AppliedIndex">
/// What is applied already: the snapshot, and committed entries after it that the core need not know. 0 for a node
/// without a log, which waits to be added.
/// </param>
/// <param name="AppliedTerm">Term of that entry.</param>
/// <param name="Configuration">The configuration there; empty at index 0.</param>
/// <param name="HardState">As remembered, with Commit raised to at least the snapshot's index.</param>
/// <param name="Entries">Remembered entries after <paramref name="AppliedIndex"/>, without gaps.</param>
/// <param name="ElectionTicks">Ticks without a leader before an election; the core adds 0 to 100% at random.</param>
/// <param name="HeartbeatTicks">Ticks between a leader's heartbeats.</param>
internal sealed record RaftCoreStart(
    NodeId Self,
    ulong SnapshotIndex,
    ulong AppliedIndex,
    ulong AppliedTerm,
    RaftConfiguration Configuration,
    HardState HardState,
    IReadOnlyList<RaftEntry> Entries,
    int ElectionTicks,
    int HeartbeatTicks);

/// <summary>
/// Names one read-index request. It must be unique over all nodes and over restarts: an answer that was under way
/// when its node restarted must not be taken for the answer to a newer question.
/// </summary>
/// <param name="Incarnation">Random per start of a node.</param>
/// <param name="Sequence">Counts within it.</param>
internal readonly record struct ReadContext(ulong Incarnation, ulong Sequence)
{
    /// <summary>Bytes on the wire.</summary>
    public const int SizeBytes = 16;
}

/// <summary>One line that the core logged.</summary>
/// <param name="Level">D, I, W or E.</param>
/// <param name="Text">The line.</param>
internal readonly record struct RaftCoreLogLine(char Level, string Text);

/// <summary>The core found its own state broken, or panicked; the text is its own.</summary>
internal sealed class RaftCoreException(string message) : Exception(message);
