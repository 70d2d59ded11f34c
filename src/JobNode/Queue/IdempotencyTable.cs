using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// Idempotency keys of enqueues. A key lives exactly as long as the job that it brought in: it comes and goes with it.
/// </summary>
internal sealed class IdempotencyTable : IKeySource
{
    private readonly ChunkedStore<IdempotencyEntry> _entries = new();
    private readonly SlotIndex _index;

    /// <summary>An empty table.</summary>
    public IdempotencyTable() => _index = new SlotIndex(this);

    /// <summary>Keys in the table.</summary>
    public int Count => _entries.Count;

    /// <summary>Sum of the keys' hashes.</summary>
    public UInt128 Digest { get; private set; }

    /// <summary>A key, to read.</summary>
    public ref readonly IdempotencyEntry this[int entry] => ref _entries[entry];

    /// <inheritdoc/>
    public UInt128 KeyAt(int slot) => _entries[slot].Key;

    /// <summary>The key's entry, or -1.</summary>
    public int Find(UInt128 key) => _index.Find(key);

    /// <summary>Adds a new key of a job.</summary>
    public int Add(in IdempotencyEntry entry, JobId job)
    {
        Invariant.That(entry.Key != UInt128.Zero, "zero is no key");
        int place = _entries.Add(entry);
        _index.Add(entry.Key, place);
        Digest += entry.Hash(job);
        Invariant.That(_index.Count == _entries.Count, "every key is indexed");
        return place;
    }

    /// <summary>Removes the key of a job that goes.</summary>
    public void Remove(int entry, JobId job)
    {
        ref readonly IdempotencyEntry removed = ref _entries[entry];
        Invariant.That(removed.Key != UInt128.Zero, "a removed key is in the table");
        Digest -= removed.Hash(job);
        _index.Remove(removed.Key);
        _entries.Remove(entry);
        Invariant.That(_index.Count == _entries.Count, "every key is indexed");
    }

    /// <summary>The keys as they are now, for a snapshot.</summary>
    public FrozenChunks<IdempotencyEntry> Freeze() => _entries.Freeze();

    /// <summary>The digest from scratch: what <see cref="Digest"/> must equal.</summary>
    public UInt128 RecomputeDigest(JobTable jobs)
    {
        UInt128 sum = 0;
        for (int entry = 0; entry < _entries.SlotsEnd; entry++)
        {
            ref readonly IdempotencyEntry item = ref _entries[entry];
            sum += item.Key == UInt128.Zero ? 0 : item.Hash(new JobId(jobs[item.JobSlot].Id));
        }

        return sum;
    }
}

/// <summary>A key, what it was used for, and the job.</summary>
internal readonly struct IdempotencyEntry
{
    /// <summary>Made from the client's Idempotency-Key; zero in a free slot.</summary>
    public UInt128 Key { get; init; }

    /// <summary>Of the first content: see <see cref="FingerprintOf"/>.</summary>
    public UInt128 Fingerprint { get; init; }

    /// <summary>The job's slot in the <see cref="JobTable"/>. Not hashed: the job's id is.</summary>
    public int JobSlot { get; init; }

    /// <summary>
    /// 128 bits of what a request asks for: its body (by the first chain value), iterations and priority.
    /// </summary>
    public static UInt128 FingerprintOf(in NewJob job)
    {
        var hash = new StateHash(StateHash.ItemKind.Fingerprint);
        hash.Add(job.Chain);
        hash.Add(job.IterationsTotal);
        hash.Add((ulong)job.Priority);
        return hash.Finish();
    }

    /// <summary>Its part of the state's digest.</summary>
    public UInt128 Hash(JobId job)
    {
        var hash = new StateHash(StateHash.ItemKind.IdempotencyKey);
        hash.Add(Key);
        hash.Add(Fingerprint);
        hash.Add(job.Value);
        return hash.Finish();
    }
}
