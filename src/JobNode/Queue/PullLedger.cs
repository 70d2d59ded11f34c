using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// Which pull handed out which jobs. Pulled jobs are queued in the order they were handed out, so a batch is a range
/// of sequence numbers, and batches expire in the same order as their jobs.
/// </summary>
internal sealed class PullLedger : IKeySource
{
    private readonly ChunkedStore<PullEntry> _entries = new();
    private readonly SequenceQueue _order = new();
    private readonly SlotIndex _index;

    /// <summary>An empty ledger.</summary>
    public PullLedger() => _index = new SlotIndex(this);

    /// <summary>Pulls in the ledger.</summary>
    public int Count => _entries.Count;

    /// <summary>The pulls by age.</summary>
    public SequenceQueue Order => _order;

    /// <summary>Sum of the pulls' hashes.</summary>
    public UInt128 Digest { get; private set; }

    /// <summary>A pull, to read.</summary>
    public ref readonly PullEntry this[int entry] => ref _entries[entry];

    /// <inheritdoc/>
    public UInt128 KeyAt(int slot) => _entries[slot].Key;

    /// <summary>The pull's entry, or -1.</summary>
    public int Find(UInt128 key) => _index.Find(key);

    /// <summary>Notes a new pull.</summary>
    public void Append(UInt128 key, ulong timeMs, ulong firstSequence, int jobs)
    {
        Invariant.That(jobs >= 1, "an empty pull is not noted");
        var entry = new PullEntry
        {
            Key = key,
            TimeMs = timeMs,
            Sequence = _order.Next,
            FirstSequence = firstSequence,
            JobCount = jobs,
        };
        int place = Add(entry);
        Invariant.That(_order.Append(place) == entry.Sequence, "a pull stands where it says");
    }

    /// <summary>Puts a pull back at its place; false when the place or the key is taken.</summary>
    public bool Place(in PullEntry entry)
    {
        if (_index.Find(entry.Key) >= 0)
        {
            return false;
        }

        return _order.Place(entry.Sequence, Add(entry));
    }

    /// <summary>Forgets a pull.</summary>
    public void Remove(int entry)
    {
        ref readonly PullEntry removed = ref _entries[entry];
        Invariant.That(removed.JobCount > 0, "a removed pull is in the ledger");
        Digest -= removed.Hash();
        _order.Remove(removed.Sequence, entry);
        _index.Remove(removed.Key);
        _entries.Remove(entry);
        Invariant.That(_order.Count == _entries.Count, "every pull is queued");
    }

    /// <summary>The pulls as they are now, for a snapshot.</summary>
    public FrozenChunks<PullEntry> Freeze() => _entries.Freeze();

    /// <summary>The digest from scratch: what <see cref="Digest"/> must equal.</summary>
    public UInt128 RecomputeDigest()
    {
        UInt128 sum = 0;
        for (int entry = 0; entry < _entries.SlotsEnd; entry++)
        {
            sum += _entries[entry].JobCount == 0 ? 0 : _entries[entry].Hash();
        }

        return sum;
    }

    private int Add(in PullEntry entry)
    {
        Invariant.That(entry.Key != UInt128.Zero, "a pull has a key");
        int place = _entries.Add(entry);
        _index.Add(entry.Key, place);
        Digest += entry.Hash();
        return place;
    }
}

/// <summary>One pull and the range of the pulled queue that it handed out.</summary>
internal readonly struct PullEntry
{
    /// <summary>The pull's key.</summary>
    public UInt128 Key { get; init; }

    /// <summary>When it was applied, Unix ms.</summary>
    public ulong TimeMs { get; init; }

    /// <summary>Its own number among the pulls.</summary>
    public ulong Sequence { get; init; }

    /// <summary>The first job's number in the pulled queue.</summary>
    public ulong FirstSequence { get; init; }

    /// <summary>Jobs handed out, 1 or more; 0 in a free slot.</summary>
    public int JobCount { get; init; }

    /// <summary>The number after the last job's.</summary>
    public ulong EndSequence => FirstSequence + (ulong)JobCount;

    /// <summary>Its part of the state's digest.</summary>
    public UInt128 Hash()
    {
        var hash = new StateHash(StateHash.ItemKind.Pull);
        hash.Add(Key);
        hash.Add(TimeMs);
        hash.Add(Sequence);
        hash.Add(FirstSequence);
        hash.Add((ulong)JobCount);
        return hash.Finish();
    }
}
