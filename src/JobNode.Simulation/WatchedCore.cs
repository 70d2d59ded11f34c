using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Simulation;

/// <summary>
/// The core of one life of a node, with all that it commits told to the checker, and where mistakes between core and
/// disk are planted.
/// </summary>
internal sealed class WatchedCore(
    NodeId node,
    IRaftCore inner,
    SimulatedDirectory disk,
    SimulatedWorld world,
    MembershipChecker members,
    PlantedMistake mistake)
    : IRaftCore
{
    private readonly List<byte[]> _smuggled = [];
    private readonly Dictionary<NodeId, int> _answeredAtTick = [];
    private Ready? _taken;
    private int _electionTicks;
    private int _ticks;

    /// <summary>Index of the last change of the configuration that its log may hold; 0 without one.</summary>
    public ulong LastChangeIndex { get; private set; }

    /// <summary>A message that the core gets past the loop.</summary>
    public void Smuggle(byte[] message) => _smuggled.Add(message);

    /// <inheritdoc/>
    public void Start(RaftCoreStart start)
    {
        NoteChanges(start.Entries);
        _electionTicks = start.ElectionTicks;
        inner.Start(start);
    }

    /// <inheritdoc/>
    public void Host(Action loop) => inner.Host(loop);

    /// <inheritdoc/>
    public void Tick()
    {
        foreach (byte[] message in _smuggled)
        {
            inner.Step(message);
        }

        _smuggled.Clear();
        _ticks++;
        inner.Tick();
    }

    /// <inheritdoc/>
    public void Campaign() => inner.Campaign();

    /// <inheritdoc/>
    public bool Step(ReadOnlySpan<byte> message)
    {
        bool isTaken = inner.Step(message);
        if (isTaken && RaftMessage.KindOf(message)
            is RaftMessageKind.AppendResponse or RaftMessageKind.HeartbeatResponse)
        {
            _answeredAtTick[RaftMessage.SenderOf(message)] = _ticks;
        }

        return isTaken;
    }

    /// <inheritdoc/>
    public bool Propose(ReadOnlySpan<byte> entry) => inner.Propose(entry);

    /// <inheritdoc/>
    public void RequestReadIndex(ReadContext context) => inner.RequestReadIndex(context);

    /// <inheritdoc/>
    public void ReportUnreachable(NodeId node) => inner.ReportUnreachable(node);

    /// <inheritdoc/>
    public void ReportSnapshot(NodeId node, bool delivered) => inner.ReportSnapshot(node, delivered);

    /// <inheritdoc/>
    public bool ProposeChange(RaftChange change, ReadOnlySpan<byte> context) => inner.ProposeChange(change, context);

    /// <inheritdoc/>
    public void ApplyChange(RaftChange change)
    {
        if (change.Kind == RaftChangeKind.Remove)
        {
            _answeredAtTick.Remove(change.Node);
        }

        inner.ApplyChange(change);
    }

    /// <inheritdoc/>
    public void ReadProgress(List<MemberProgress> into)
    {
        inner.ReadProgress(into);
        foreach (MemberProgress member in into)
        {
            bool hasAnswered = _answeredAtTick.TryGetValue(member.Id, out int at) && _ticks - at < _electionTicks;
            HistoryChecker.Require(
                member.IsActive || !hasAnswered, $"node {node} takes {member.Id} for silent, which answered just now");
        }
    }

    /// <inheritdoc/>
    public void Trim(ulong keepAfterIndex) => inner.Trim(keepAfterIndex);

    /// <inheritdoc/>
    public void TransferLeadership(NodeId to) => inner.TransferLeadership(to);

    /// <inheritdoc/>
    public bool TryTakeReady(Ready ready)
    {
        if (!inner.TryTakeReady(ready))
        {
            return false;
        }

        _taken = ready;
        NoteChanges(ready.Entries);
        bool isForgotten = mistake == PlantedMistake.ForgottenCommit
            && ready.Entries.Count == 0
            && !ready.MustSync
            && ready.Snapshot is null;
        disk.IgnoresSyncs = isForgotten || mistake == PlantedMistake.LostWrites;
        return true;
    }

    /// <inheritdoc/>
    public void Advance()
    {
        disk.IgnoresSyncs = mistake == PlantedMistake.LostWrites;

        // Not before: what a sole voter commits is persisted in the same Ready.
        foreach (RaftEntry entry in _taken!.Committed)
        {
            members.Committed(node, entry);
            if (entry is { Kind: RaftEntryKind.Normal, Data.Length: > 0 })
            {
                world.Checker.NoteCommands(node, entry.Index, EntryCodec.Decode(entry.Data).Commands.Count);
            }
        }

        inner.Advance();
    }

    /// <inheritdoc/>
    public void Compact(ulong snapshotIndex, RaftConfiguration configuration, ulong keepAfterIndex) =>
        inner.Compact(snapshotIndex, configuration, keepAfterIndex);

    /// <inheritdoc/>
    public void DrainLog(List<RaftCoreLogLine> into) => inner.DrainLog(into);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    /// <summary>What was replaced meanwhile is not taken back: a change that may be there counts as there.</summary>
    private void NoteChanges(IReadOnlyList<RaftEntry> entries)
    {
        foreach (RaftEntry entry in entries)
        {
            if (entry.Kind == RaftEntryKind.ConfigurationChange)
            {
                LastChangeIndex = Math.Max(LastChangeIndex, entry.Index);
            }
        }
    }
}
