using System.Globalization;

namespace JobNode.Hashing;

/// <summary>
/// For tests of the checks between nodes: makes this node compute wrongly now and then, as broken hardware would. A bit
/// is flipped in a chain as it enters a lane, so that all that follows is wrong; self-test and measurements are not
/// touched.
/// </summary>
/// <param name="Every">One in so many chains, on average; 1 for all.</param>
/// <param name="Seed">What the choice starts from.</param>
internal sealed record KernelFault(int Every, ulong Seed)
{
    /// <summary>The environment variable that asks for it.</summary>
    public const string Variable = "JOBNODE_TEST_KERNEL_FAULT";

    private ulong _state = Seed;

    /// <summary>Reads <c>always</c>, <c>1/N</c> or <c>1/N@SEED</c>; null when there is no text.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static KernelFault? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (text == "always")
        {
            return new KernelFault(1, 1);
        }

        string[] parts = text.Split('@');
        ulong seed = 1;
        bool isSeed = parts.Length == 1
            || (parts.Length == 2 && ulong.TryParse(parts[1], CultureInfo.InvariantCulture, out seed));
        return isSeed
            && parts[0].StartsWith("1/", StringComparison.Ordinal)
            && int.TryParse(parts[0].AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out int every)
            && every >= 1
            ? new KernelFault(every, seed)
            : throw new FormatException($"{Variable} is \"{text}\"; write always, 1/200 or 1/200@SEED.");
    }

    /// <summary>Which bit of the next chain is flipped, 0 to 511; -1 for none. Thread-safe.</summary>
    public int NextBit()
    {
        // SplitMix64 (Steele, Lea, Flood 2014): the state is a counter, so threads need no lock.
        ulong value = Interlocked.Add(ref _state, 0x9e3779b97f4a7c15);
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        value ^= value >> 31;
        return (value >> 9) % (ulong)Every == 0 ? (int)(value & 511) : -1;
    }
}
