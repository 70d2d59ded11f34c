using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>Tells the index the key of a slot, so that keys are stored once.</summary>
internal interface IKeySource
{
    /// <summary>The key of a slot in use.</summary>
    UInt128 KeyAt(int slot);
}

/// <summary>
/// From a 128-bit key to a slot: open addressing with linear probing (Knuth, TAOCP 3, 6.4, algorithm L; deletion
/// without tombstones, algorithm R) over plain integers, 5 to 11 bytes a key.
/// </summary>
/// <remarks>
/// Split by hash into partitions that each double on their own: with ten million keys the longest pause is the
/// rehashing of a few thousand, never of all.
/// </remarks>
internal sealed class SlotIndex(IKeySource keys)
{
    private const int PartitionBits = 12;
    private const int PartitionCapacityMin = 4;

    private readonly int[]?[] _partitions = new int[1 << PartitionBits][];
    private readonly int[] _counts = new int[1 << PartitionBits];

    /// <summary>Keys in the index.</summary>
    public int Count { get; private set; }

    /// <summary>The key's slot, or -1.</summary>
    public int Find(UInt128 key)
    {
        ulong hash = StateHash.OfKey(key);
        int[]? table = _partitions[PartitionOf(hash)];
        return table is null ? -1 : table[Probe(table, hash, key)] - 1;
    }

    /// <summary>Adds a key that is not there.</summary>
    public void Add(UInt128 key, int slot)
    {
        Invariant.That(slot >= 0, "an indexed slot exists");
        ulong hash = StateHash.OfKey(key);
        int partition = PartitionOf(hash);
        int[] table = _partitions[partition] ??= new int[PartitionCapacityMin];
        if (4 * (_counts[partition] + 1) > 3 * table.Length)
        {
            table = _partitions[partition] = Grow(table);
        }

        int place = Probe(table, hash, key);
        Invariant.That(table[place] == 0, "a key is indexed once");
        table[place] = slot + 1;
        _counts[partition]++;
        Count++;
    }

    /// <summary>Removes a key that is there; call it while the slot still holds the key.</summary>
    public void Remove(UInt128 key)
    {
        ulong hash = StateHash.OfKey(key);
        int partition = PartitionOf(hash);
        int[]? table = _partitions[partition];
        Invariant.That(table is not null, "a removed key has a partition");
        int hole = Probe(table, hash, key);
        Invariant.That(table[hole] != 0, "a removed key is in the index");
        CloseHole(table, hole);
        _counts[partition]--;
        Count--;
        Invariant.That(_counts[partition] >= 0, "a partition holds no less than nothing");
    }

    /// <summary>Algorithm R: moves later items of the run back, unless that would put them before their home.</summary>
    private void CloseHole(int[] table, int hole)
    {
        int mask = table.Length - 1;
        int next = hole;
        while (true)
        {
            next = (next + 1) & mask;
            if (table[next] == 0)
            {
                table[hole] = 0;
                return;
            }

            int home = (int)StateHash.OfKey(keys.KeyAt(table[next] - 1)) & mask;
            if (((next - home) & mask) >= ((next - hole) & mask))
            {
                table[hole] = table[next];
                hole = next;
            }
        }
    }

    private int[] Grow(int[] table)
    {
        var grown = new int[2 * table.Length];
        int mask = grown.Length - 1;
        foreach (int entry in table)
        {
            if (entry != 0)
            {
                int place = (int)StateHash.OfKey(keys.KeyAt(entry - 1)) & mask;
                while (grown[place] != 0)
                {
                    place = (place + 1) & mask;
                }

                grown[place] = entry;
            }
        }

        return grown;
    }

    /// <summary>The place that holds the key, or the free place where it belongs.</summary>
    private int Probe(int[] table, ulong hash, UInt128 key)
    {
        int mask = table.Length - 1;
        int place = (int)hash & mask;
        while (table[place] != 0 && keys.KeyAt(table[place] - 1) != key)
        {
            place = (place + 1) & mask;
        }

        return place;
    }

    private static int PartitionOf(ulong hash) => (int)(hash >> (64 - PartitionBits));
}
