using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Simulation;

/// <summary>
/// What all nodes together must agree on about the members: one sequence of committed entries gives one configuration
/// per index; without a place in it a node has no log; who was removed leads no more.
/// </summary>
internal sealed class MembershipChecker(ClusterConfiguration first, SimulationCounts counts)
{
    private readonly List<(ulong Term, RaftEntryKind Kind, ulong Hash)?> _entries = [];
    private readonly List<(ulong Index, ClusterConfiguration After)> _changes = [(0, first)];
    private readonly Dictionary<NodeId, ClusterConfiguration> _shown = [];
    private readonly Dictionary<NodeId, Removal> _removals = [];
    private readonly HashSet<NodeId> _mayHaveLog = [.. first.Members.Select(static member => member.Id)];

    /// <summary>The configuration that was committed last.</summary>
    public ClusterConfiguration Latest => _changes[^1].After;

    /// <summary>Highest index that is known to be committed.</summary>
    public ulong HighestIndex => (ulong)Math.Max(0, _entries.Count - 1);

    /// <summary>A node learned that an entry is committed.</summary>
    public void Committed(NodeId node, RaftEntry entry)
    {
        while (_entries.Count <= (int)entry.Index)
        {
            _entries.Add(null);
        }

        ulong hash = HistoryChecker.Extend(0, entry.Index, entry.Data.Span);
        if (_entries[(int)entry.Index] is { } known)
        {
            HistoryChecker.Require(
                known == (entry.Term, entry.Kind, hash),
                $"node {node} committed another entry at index {entry.Index} than a node before it");
            return;
        }

        _entries[(int)entry.Index] = (entry.Term, entry.Kind, hash);
        if (entry.Kind == RaftEntryKind.ConfigurationChange)
        {
            HistoryChecker.Require(entry.Index > _changes[^1].Index, $"the change at {entry.Index} comes too late");
            Change(entry);
        }
    }

    /// <summary>A node shows what it is after a turn.</summary>
    public void Shows(NodeId node, ConsensusStatus status, ulong lastLogIndex)
    {
        HistoryChecker.Require(
            _mayHaveLog.Contains(node) || (status.AppliedIndex == 0 && lastLogIndex == 0),
            $"node {node} has a log, but was never more than a spare");
        if (status.AppliedIndex == 0)
        {
            return;
        }

        if (!_shown.TryGetValue(node, out ClusterConfiguration? before)
            || !ReferenceEquals(before, status.Configuration))
        {
            _shown[node] = status.Configuration;
            NoteRemovals(node, status);
        }

        HistoryChecker.Require(
            status.Configuration.Equals(At(status.AppliedIndex)),
            $"the configuration of node {node} differs at index {status.AppliedIndex}");
    }

    /// <summary>A node says that it leads a term.</summary>
    public void Leads(NodeId node, ulong term) => HistoryChecker.Require(
        !_removals.TryGetValue(node, out Removal? removal) || term <= removal.LastTerm,
        $"node {node} leads term {term}, though a quorum had applied its removal before");

    private ClusterConfiguration At(ulong index)
    {
        int at = _changes.Count - 1;
        while (_changes[at].Index > index)
        {
            at--;
        }

        return _changes[at].After;
    }

    private void Change(RaftEntry entry)
    {
        MemberChange change = ChangeEntry.Decode(entry.Data.Span);
        ClusterConfiguration before = Latest;
        string? refusal = ConfigurationChange.TryApply(before, change, out ClusterConfiguration after);
        _changes.Add((entry.Index, after));
        counts.Changes++;
        if (refusal is not null)
        {
            counts.RefusedChanges++;
            return;
        }

        if (change is MemberChange.Put { Member: { Role: not MemberRole.Spare } member })
        {
            _mayHaveLog.Add(member.Id);
        }

        HistoryChecker.Require(
            before.Removed.All(id => after.Find(id) is null), "a node that was removed is a member again");
        foreach (NodeId removed in after.Removed.Except(before.Removed))
        {
            _removals[removed] = new Removal(after);
        }
    }

    private void NoteRemovals(NodeId node, ConsensusStatus status)
    {
        foreach (NodeId removed in status.Configuration.Removed)
        {
            Removal removal = _removals[removed];
            if (removal.LastTerm != ulong.MaxValue || !removal.After.IsVoter(node))
            {
                continue;
            }

            removal.Terms.TryAdd(node, status.Term);
            if (removal.Terms.Count > removal.After.Voters.Count() / 2)
            {
                // A vote in a later term is given by somebody who knows, or there is no quorum of votes.
                removal.LastTerm = removal.Terms.Values.Max();
            }
        }
    }

    /// <summary>A removal: which voters of the configuration after it have applied it, and in which term.</summary>
    private sealed class Removal(ClusterConfiguration after)
    {
        public ClusterConfiguration After { get; } = after;

        public Dictionary<NodeId, ulong> Terms { get; } = [];

        public ulong LastTerm { get; set; } = ulong.MaxValue;
    }
}
