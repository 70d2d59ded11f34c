using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// A queue whose places are numbered for ever: appending gives the next sequence number, removing leaves a gap. So an
/// order survives a snapshot as a number in each record, and a reader's place stays right whatever is removed.
/// </summary>
/// <remarks>
/// Slots are kept in chunks of 1024; a chunk of which nothing lives is dropped. 4 bytes a job. The directory of chunks
/// spans the oldest to the newest living item: 12 bytes for every 1024 jobs that passed an old one by.
/// </remarks>
internal sealed class SequenceQueue
{
    private const int ChunkShift = 10;
    private const int ChunkSlots = 1 << ChunkShift;

    /// <summary>
    /// A restored queue that spans more is taken for damage: 10^11 jobs between the oldest and the newest.
    /// </summary>
    private const ulong RestoredChunksMax = 100_000_000;

    /// <summary>Numbers from the first to the next of a restored queue, at most.</summary>
    public const ulong RestoredSpanMax = RestoredChunksMax << ChunkShift;

    /// <summary>By chunk number less <see cref="_directoryBase"/>; slot + 1 inside, 0 where nothing lives.</summary>
    private int[]?[] _chunks = new int[4][];
    private int[] _liveInChunk = new int[4];
    private ulong _directoryBase;
    private int[]? _spare;

    /// <summary>
    /// Nothing lives below the first or at and past the second: so that taking from an end costs O(1).
    /// </summary>
    private ulong _firstHint;
    private ulong _endHint;

    /// <summary>Living items.</summary>
    public int Count { get; private set; }

    /// <summary>The sequence number that the next item gets. Part of the replicated state.</summary>
    public ulong Next { get; private set; }

    /// <summary>The lowest living sequence number, or <see cref="Next"/> when empty.</summary>
    public ulong First => TryNext(0, out ulong sequence, out _) ? sequence : Next;

    /// <summary>Sets up an empty queue for <see cref="Place"/>: living items will be within first to next.</summary>
    public void BeginRestore(ulong first, ulong next)
    {
        Invariant.That(Count == 0 && Next == 0, "only a new queue is restored");
        Invariant.That(first <= next, "the first item is not after the last");
        _directoryBase = first >> ChunkShift;
        _firstHint = _directoryBase << ChunkShift;
        _endHint = next;
        Next = next;
    }

    /// <summary>Puts an item back at the number it had; false when the number is outside or taken.</summary>
    public bool Place(ulong sequence, int slot)
    {
        ulong chunk = sequence >> ChunkShift;
        if (sequence >= Next
            || chunk < _directoryBase
            || chunk - _directoryBase >= RestoredChunksMax
            || SlotAt(sequence) >= 0)
        {
            return false;
        }

        // Items come back in any order: what is empty in front may still be filled.
        Put(sequence, slot, mayDropFront: false);
        return true;
    }

    /// <summary>Appends and gives the number.</summary>
    public ulong Append(int slot)
    {
        Invariant.That(slot >= 0, "a queued slot exists");
        ulong sequence = Next++;
        Put(sequence, slot, mayDropFront: true);
        _endHint = Next;
        return sequence;
    }

    /// <summary>Removes the item at a number; it must be that slot.</summary>
    public void Remove(ulong sequence, int slot)
    {
        Invariant.That(SlotAt(sequence) == slot, "a removed item is where its record says");
        int chunk = (int)((sequence >> ChunkShift) - _directoryBase);
        int[] slots = _chunks[chunk]!;
        slots[(int)sequence & (ChunkSlots - 1)] = 0;
        Count--;
        if (--_liveInChunk[chunk] == 0)
        {
            _spare = slots;
            _chunks[chunk] = null;
        }

        Invariant.That(Count >= 0, "a queue holds no less than nothing");
    }

    /// <summary>The slot at a number, or -1.</summary>
    public int SlotAt(ulong sequence)
    {
        ulong chunk = sequence >> ChunkShift;
        if (sequence >= Next || chunk < _directoryBase || chunk - _directoryBase >= (ulong)_chunks.Length)
        {
            return -1;
        }

        int[]? slots = _chunks[(int)(chunk - _directoryBase)];
        return slots is null ? -1 : slots[(int)sequence & (ChunkSlots - 1)] - 1;
    }

    /// <summary>The first living item at or after a number.</summary>
    public bool TryNext(ulong from, out ulong sequence, out int slot)
    {
        ulong at = Math.Max(from, _firstHint);
        (sequence, slot) = (Next, -1);
        while (slot < 0 && at < _endHint)
        {
            int[]? slots = ChunkOf(at);
            if (slots is null)
            {
                at = at >= DirectoryEnd ? _endHint : ((at >> ChunkShift) + 1) << ChunkShift;
            }
            else if (slots[(int)at & (ChunkSlots - 1)] is > 0 and int found)
            {
                (sequence, slot) = (at, found - 1);
            }
            else
            {
                at++;
            }
        }

        if (from <= _firstHint)
        {
            _firstHint = sequence;
        }

        return slot >= 0;
    }

    /// <summary>The last living item before a number.</summary>
    public bool TryPrevious(ulong before, out ulong sequence, out int slot)
    {
        ulong end = Math.Min(before, _endHint);
        (sequence, slot) = (Next, -1);
        while (slot < 0 && end > _firstHint)
        {
            ulong at = end - 1;
            int[]? slots = ChunkOf(at);
            if (slots is null)
            {
                end = Math.Min(at >> ChunkShift << ChunkShift, DirectoryEnd);
            }
            else if (slots[(int)at & (ChunkSlots - 1)] is > 0 and int found)
            {
                (sequence, slot) = (at, found - 1);
            }
            else
            {
                end = at;
            }
        }

        if (before >= _endHint)
        {
            _endHint = slot >= 0 ? sequence + 1 : Next;
        }

        return slot >= 0;
    }

    /// <summary>
    /// Nothing lives here and later: a restored queue may say that its end is far away, and is not walked to there.
    /// </summary>
    private ulong DirectoryEnd => (_directoryBase + (ulong)_chunks.Length) << ChunkShift;

    private int[]? ChunkOf(ulong sequence)
    {
        ulong chunk = (sequence >> ChunkShift) - _directoryBase;
        return chunk < (ulong)_chunks.Length ? _chunks[(int)chunk] : null;
    }

    private void Put(ulong sequence, int slot, bool mayDropFront)
    {
        int chunk = MakeRoom(sequence >> ChunkShift, mayDropFront);
        if (_chunks[chunk] is null)
        {
            _chunks[chunk] = _spare ?? new int[ChunkSlots];
            _spare = null;
        }

        _chunks[chunk]![(int)sequence & (ChunkSlots - 1)] = slot + 1;
        _liveInChunk[chunk]++;
        Count++;
        Invariant.That(_liveInChunk[chunk] <= ChunkSlots, "a chunk holds no more than its slots");
    }

    /// <summary>The chunk's place in the directory; dead chunks at its front, to which nothing comes back, make room
    /// before it grows.</summary>
    private int MakeRoom(ulong chunk, bool mayDropFront)
    {
        if (mayDropFront && chunk - _directoryBase >= (ulong)_chunks.Length)
        {
            int dead = Count == 0 ? _chunks.Length : Array.FindIndex(_chunks, slots => slots is not null);
            if (dead >= (_chunks.Length + 1) / 2)
            {
                ulong newBase = Count == 0 ? chunk : _directoryBase + (ulong)dead;
                _chunks.AsSpan(dead).CopyTo(_chunks);
                _liveInChunk.AsSpan(dead).CopyTo(_liveInChunk);
                _chunks.AsSpan(_chunks.Length - dead).Clear();
                _liveInChunk.AsSpan(_chunks.Length - dead).Clear();
                _directoryBase = newBase;
            }
        }

        int place = checked((int)(chunk - _directoryBase));
        if (place >= _chunks.Length)
        {
            int length = Math.Max(2 * _chunks.Length, place + 1);
            Array.Resize(ref _chunks, length);
            Array.Resize(ref _liveInChunk, length);
        }

        return place;
    }
}
