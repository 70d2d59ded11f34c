using System.Numerics;
using System.Runtime.InteropServices;
using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// 128 bits of one item of the state. The state's digest is their sum modulo 2^128: a multiset hash (after Clarke et
/// al., "Incremental Multiset Hash Functions", 2003), so a change costs one subtraction and one addition, and neither
/// the order of the items nor the history counts.
/// </summary>
/// <remarks>
/// It finds divergence by bugs and bit flips; it is no defence against forgery. Every step is a bijection of
/// its lane for a given word (xor, odd multiplication, rotation, as in MurmurHash3 x64 128 by Appleby, public domain),
/// and so is the end, so a change of any single word always changes the hash.
/// </remarks>
internal struct StateHash
{
    private const ulong MultiplierA = 0x87c37b91114253d5;
    private const ulong MultiplierB = 0x4cf5ad432745937f;

    private ulong _a;
    private ulong _b;

    /// <summary>Starts an item; the kind keeps items of different tables apart.</summary>
    public StateHash(ItemKind kind)
    {
        _a = 0x9e3779b97f4a7c15 ^ (ulong)kind;
        _b = 0xc2b2ae3d27d4eb4f + (ulong)kind;
    }

    /// <summary>Kinds of items.</summary>
    public enum ItemKind : byte
    {
        /// <summary>A job.</summary>
        Job = 1,

        /// <summary>An idempotency key of an enqueue.</summary>
        IdempotencyKey = 2,

        /// <summary>A pull.</summary>
        Pull = 3,

        /// <summary>The counters.</summary>
        Scalars = 4,

        /// <summary>The content of a new job, to compare under an idempotency key.</summary>
        Fingerprint = 5,

        /// <summary>A node in quarantine.</summary>
        Quarantine = 6,
    }

    /// <summary>Mixes a word in.</summary>
    public void Add(ulong word)
    {
        _a = (BitOperations.RotateLeft((_a ^ word) * MultiplierA, 31) * 5) + 0x52dce729;
        _b = (BitOperations.RotateLeft((_b + word) * MultiplierB, 33) * 5) + 0x38495ab5;
    }

    /// <summary>Mixes two words in.</summary>
    public void Add(UInt128 words)
    {
        Add((ulong)words);
        Add((ulong)(words >> 64));
    }

    /// <summary>Mixes a digest in.</summary>
    public void Add(Digest512 digest)
    {
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(digest.Bytes))
        {
            Add(word);
        }
    }

    /// <summary>The item's 128 bits.</summary>
    public readonly UInt128 Finish()
    {
        ulong a = _a + _b;
        ulong b = _b + a;
        a = BitMixer.Mix(a);
        b = BitMixer.Mix(b);
        a += b;
        return new UInt128(a, b + a);
    }

    /// <summary>64 bits of a key, for the index.</summary>
    public static ulong OfKey(UInt128 key) => BitMixer.Mix(((ulong)key * MultiplierA) ^ (ulong)(key >> 64));
}
