using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus.Log;

/// <summary>
/// What a log should hold, kept beside it by the torture tests: every version that a crash may leave.
/// </summary>
internal sealed class LogModel
{
    private readonly List<State> _possible = [new State(0, [], default)];

    /// <summary>One version: entries after a base, and the hard state.</summary>
    public sealed record State(ulong Base, IReadOnlyList<RaftEntry> Entries, HardState HardState)
    {
        public ulong LastIndex => Base + (ulong)Entries.Count;
    }

    /// <summary>The latest version: what was appended last.</summary>
    public State Latest => _possible[^1];

    /// <summary>
    /// Versions that a crash may leave: the last synced one and those appended since, record by record.
    /// </summary>
    public IReadOnlyList<State> Possible => _possible;

    public void Append(IReadOnlyList<RaftEntry> entries, HardState? hardState)
    {
        foreach (RaftEntry entry in entries)
        {
            State now = Latest;
            int keep = (int)(entry.Index - now.Base - 1);
            _possible.Add(now with { Entries = [.. now.Entries.Take(keep), entry] });
        }

        if (hardState is { } state)
        {
            _possible.Add(Latest with { HardState = state });
        }
    }

    public void Synced() => _possible.RemoveRange(0, _possible.Count - 1);

    /// <summary>Everything older is void, durably.</summary>
    public void Reset(ulong snapshotIndex)
    {
        _possible.Add(new State(snapshotIndex, [], Latest.HardState with { Commit = snapshotIndex }));
        Synced();
    }

    /// <summary>What was read back is the truth from here on.</summary>
    public void Recovered(State state)
    {
        _possible.Clear();
        _possible.Add(state);
    }

    /// <summary>The version that the log gave back, or null when none fits.</summary>
    public State? Match(ulong snapshotIndex, HardState hardState, IReadOnlyList<RaftEntry> entries)
    {
        foreach (State state in _possible)
        {
            IEnumerable<RaftEntry> after = state.Entries.Where(entry => entry.Index > snapshotIndex);
            if (state.HardState == hardState && after.SequenceEqual(entries, EntryComparer.Instance))
            {
                return state;
            }
        }

        return null;
    }

    /// <summary>Entries are equal when their bytes are.</summary>
    public sealed class EntryComparer : IEqualityComparer<RaftEntry>
    {
        public static readonly EntryComparer Instance = new();

        public bool Equals(RaftEntry x, RaftEntry y) =>
            x.Index == y.Index && x.Term == y.Term && x.Kind == y.Kind && x.Data.Span.SequenceEqual(y.Data.Span);

        public int GetHashCode(RaftEntry obj) => obj.Index.GetHashCode();
    }
}
