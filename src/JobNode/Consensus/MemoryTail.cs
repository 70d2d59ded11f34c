using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>
/// Counts what the core keeps of the log in memory, and says what to drop of it: the tail is bounded by bytes, however
/// long ago the last snapshot was. Pure; raft thread only.
/// </summary>
/// <remarks>
/// Whoever needs an older entry gets a snapshot. So what is being sent to a follower, or will be needed by one that
/// just got a snapshot, is held back for a while, but not beyond <see cref="PinnedFactor"/> times the bound: a slow
/// transfer costs another one rather than the node's memory.
/// </remarks>
internal sealed class MemoryTail(long bytesMax)
{
    /// <summary>Held back for somebody, the tail may be this many times as long.</summary>
    public const int PinnedFactor = 4;

    /// <summary>What the core needs for an entry beside its data.</summary>
    private const int EntryBytes = 96;

    private const int MarksPerBound = 32;

    private readonly LinkedList<(ulong Index, long Bytes)> _marks = new();
    private ulong _lastIndex;
    private long _openBytes;

    /// <summary>Bytes counted.</summary>
    public long Bytes { get; private set; }

    /// <summary>What an entry counts.</summary>
    public static long BytesOf(RaftEntry entry) => EntryBytes + entry.Data.Length;

    /// <summary>The tail is empty after this index: what came before is not in memory.</summary>
    public void Restart(ulong index)
    {
        _marks.Clear();
        (_lastIndex, _openBytes, Bytes) = (index, 0, 0);
    }

    /// <summary>The core took these entries; they may replace some at its end.</summary>
    public void Append(IReadOnlyList<RaftEntry> entries)
    {
        foreach (RaftEntry entry in entries)
        {
            if (entry.Index <= _lastIndex)
            {
                CutFrom(entry.Index);
            }

            long bytes = BytesOf(entry);
            (_lastIndex, _openBytes, Bytes) = (entry.Index, _openBytes + bytes, Bytes + bytes);
            if (_openBytes >= bytesMax / MarksPerBound)
            {
                _marks.AddLast((_lastIndex, _openBytes));
                _openBytes = 0;
            }
        }
    }

    /// <summary>The core dropped what is at or below this index.</summary>
    public void Drop(ulong throughIndex)
    {
        while (_marks.First is { } oldest && oldest.Value.Index <= throughIndex)
        {
            Bytes -= oldest.Value.Bytes;
            _marks.RemoveFirst();
        }

        Invariant.That(Bytes >= _openBytes, "no more is dropped than was counted");
    }

    /// <summary>The last index to drop now, or null while the tail is short enough.</summary>
    /// <param name="appliedIndex">Nothing after it is ever dropped.</param>
    /// <param name="pinnedIndex">Somebody needs what comes after it.</param>
    public ulong? FindDrop(ulong appliedIndex, ulong pinnedIndex)
    {
        if (Bytes <= bytesMax)
        {
            return null;
        }

        // A quarter at once: dropping copies the list of what stays.
        ulong limit = Bytes <= PinnedFactor * bytesMax ? Math.Min(appliedIndex, pinnedIndex) : appliedIndex;
        long target = bytesMax - (bytesMax / 4);
        long left = Bytes;
        ulong? last = null;
        for (LinkedListNode<(ulong Index, long Bytes)>? mark = _marks.First;
            mark is not null && left > target && mark.Value.Index <= limit;
            mark = mark.Next)
        {
            left -= mark.Value.Bytes;
            last = mark.Value.Index;
        }

        return last;
    }

    /// <summary>A little too much may go uncounted; the end of the log is rarely replaced.</summary>
    private void CutFrom(ulong index)
    {
        Bytes -= _openBytes;
        _openBytes = 0;
        while (_marks.Last is { } newest && newest.Value.Index >= index)
        {
            Bytes -= newest.Value.Bytes;
            _marks.RemoveLast();
        }
    }
}
