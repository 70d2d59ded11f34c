using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>All jobs, by id and by slot, and the sum of their hashes.</summary>
internal sealed class JobTable : IKeySource
{
    private readonly ChunkedStore<JobRecord> _records = new();
    private readonly SlotIndex _index;

    /// <summary>An empty table.</summary>
    public JobTable() => _index = new SlotIndex(this);

    /// <summary>Jobs in the table.</summary>
    public int Count => _records.Count;

    /// <summary>Sum of the jobs' hashes.</summary>
    public UInt128 Digest { get; private set; }

    /// <summary>A job, to read.</summary>
    public ref readonly JobRecord this[int slot] => ref _records[slot];

    /// <inheritdoc/>
    public UInt128 KeyAt(int slot) => _records[slot].Id;

    /// <summary>The job's slot, or -1.</summary>
    public int Find(JobId id) => _index.Find(id.Value);

    /// <summary>Adds a job with a new id; its sequence number may still be set by <see cref="Replace"/>.</summary>
    public int Add(in JobRecord record)
    {
        Invariant.That(!record.IsFree, "a job in the table has a state");
        int slot = _records.Add(record);
        _index.Add(record.Id, slot);
        Digest += record.Hash();
        Invariant.That(_index.Count == _records.Count, "every job is indexed");
        return slot;
    }

    /// <summary>Changes a job.</summary>
    public void Replace(int slot, in JobRecord record)
    {
        ref JobRecord place = ref _records.Change(slot);
        Invariant.That(!place.IsFree, "a changed job is in the table");
        Invariant.That(place.Id == record.Id, "a job keeps its id");
        Digest -= place.Hash();
        place = record;
        Digest += record.Hash();
    }

    /// <summary>Removes a job.</summary>
    public void Remove(int slot)
    {
        ref readonly JobRecord record = ref _records[slot];
        Invariant.That(!record.IsFree, "a removed job is in the table");
        Digest -= record.Hash();
        _index.Remove(record.Id);
        _records.Remove(slot);
        Invariant.That(_index.Count == _records.Count, "every job is indexed");
    }

    /// <summary>The records as they are now, for a snapshot.</summary>
    public FrozenChunks<JobRecord> Freeze() => _records.Freeze();

    /// <summary>The digest from scratch: what <see cref="Digest"/> must equal.</summary>
    public UInt128 RecomputeDigest()
    {
        UInt128 sum = 0;
        for (int slot = 0; slot < _records.SlotsEnd; slot++)
        {
            sum += _records[slot].IsFree ? 0 : _records[slot].Hash();
        }

        return sum;
    }
}
