using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace JobNode.Fuzz;

/// <summary>
/// Which edges an input goes along, and about how often: the map of AFL (Zalewski, "Technical whitepaper for afl-
/// fuzz"),
/// filled by code that SharpFuzz wrote into the product's assembly.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int MapBytes = 1 << 16;

    // Never freed: instrumented code of a thread that is not over may still write.
    private static readonly byte* _map = (byte*)NativeMemory.AllocZeroed(MapBytes);

    private readonly byte[] _seen = new byte[MapBytes];

    /// <summary>Edges that any input went along.</summary>
    public int Edges { get; private set; }

    /// <summary>Gives instrumented code a map to write to; none of it may run before.</summary>
    public static void Watch() => Trace.SharedMem = _map;

    /// <summary>The next input begins.</summary>
    public static void Begin()
    {
        new Span<byte>(_map, MapBytes).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>True when the input since <see cref="Begin"/> went where none did before.</summary>
    public bool IsNew()
    {
        bool isNew = false;
        for (int edge = 0; edge < MapBytes; edge++)
        {
            if (_map[edge] == 0)
            {
                continue;
            }

            // Counts in powers of two: 1, 2, 4 and so on are different ways.
            byte bucket = (byte)(1 << BitOperations.Log2(_map[edge]));
            if ((_seen[edge] & bucket) == 0)
            {
                Edges += _seen[edge] == 0 ? 1 : 0;
                _seen[edge] |= bucket;
                isNew = true;
            }
        }

        return isNew;
    }
}
