using System.Numerics;
using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// Structs in slots of fixed-size chunks, without an object per item. Freezing copies only the list of chunks; a chunk
/// that a frozen copy may still read is cloned before it is written to again.
/// </summary>
/// <remarks>
/// A freed slot is cleared, so that a reader of a frozen copy can tell it by its default value. Chunks are allocated
/// where the collector never moves them: it would copy each one twice as it ages, and it lets other garbage grow to a
/// share of what it moves. So with ten million jobs the heap is little more than the jobs.
/// </remarks>
internal sealed class ChunkedStore<T>
    where T : struct
{
    /// <summary>
    /// Slots in a chunk: a clone costs one copy of 64 KiB with 128-byte items.
    /// </summary>
    public const int ChunkSlots = 512;

    private static readonly int _shift = BitOperations.Log2(ChunkSlots);

    private T[][] _chunks = [];
    private ulong[] _chunkGenerations = [];
    private int[] _freeSlots = [];
    private int _freeCount;
    private ulong _generation;

    /// <summary>Slots in use.</summary>
    public int Count => SlotsEnd - _freeCount;

    /// <summary>No slot at or past this was ever used.</summary>
    public int SlotsEnd { get; private set; }

    /// <summary>The item in a slot, to read.</summary>
    public ref readonly T this[int slot] => ref _chunks[slot >> _shift][slot & (ChunkSlots - 1)];

    /// <summary>The item in a slot, to change; valid until the next <see cref="Freeze"/>.</summary>
    public ref T Change(int slot)
    {
        Invariant.That((uint)slot < (uint)SlotsEnd, "a changed slot exists");
        int chunk = slot >> _shift;
        if (_chunkGenerations[chunk] != _generation)
        {
            T[] copy = NewChunk();
            _chunks[chunk].CopyTo(copy, 0);
            _chunks[chunk] = copy;
            _chunkGenerations[chunk] = _generation;
        }

        return ref _chunks[chunk][slot & (ChunkSlots - 1)];
    }

    /// <summary>Puts an item into a free slot.</summary>
    public int Add(in T item)
    {
        int slot = _freeCount > 0 ? _freeSlots[--_freeCount] : Extend();
        Change(slot) = item;
        return slot;
    }

    /// <summary>Clears a slot and makes it free. The caller vouches that it was in use.</summary>
    public void Remove(int slot)
    {
        Change(slot) = default;
        if (_freeCount == _freeSlots.Length)
        {
            Array.Resize(ref _freeSlots, Math.Max(16, 2 * _freeCount));
        }

        _freeSlots[_freeCount++] = slot;
        Invariant.That(_freeCount <= SlotsEnd, "no more slots are free than there are");
    }

    /// <summary>A copy that stays as it is, in time proportional to the number of chunks.</summary>
    public FrozenChunks<T> Freeze()
    {
        int used = (SlotsEnd + ChunkSlots - 1) >> _shift;
        _generation++;
        return new FrozenChunks<T>(_chunks[..used], SlotsEnd);
    }

    private int Extend()
    {
        int chunk = SlotsEnd >> _shift;
        if (chunk == _chunks.Length)
        {
            Array.Resize(ref _chunks, Math.Max(4, 2 * chunk));
            Array.Resize(ref _chunkGenerations, _chunks.Length);
        }

        if (_chunks[chunk] is null)
        {
            _chunks[chunk] = NewChunk();
            _chunkGenerations[chunk] = _generation;
        }

        return SlotsEnd++;
    }

    private static T[] NewChunk() => GC.AllocateArray<T>(ChunkSlots, pinned: true);
}

/// <summary>What <see cref="ChunkedStore{T}.Freeze"/> gives: read-only, from any thread.</summary>
internal readonly struct FrozenChunks<T>(T[][] chunks, int slotsEnd)
    where T : struct
{
    /// <summary>Slots to look at; freed ones among them hold the default value.</summary>
    public int SlotsEnd => slotsEnd;

    /// <summary>The item in a slot.</summary>
    public ref readonly T this[int slot] =>
        ref chunks[slot / ChunkedStore<T>.ChunkSlots][slot % ChunkedStore<T>.ChunkSlots];
}
