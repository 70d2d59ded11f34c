using System.Globalization;

namespace JobNode.Consensus.Log;

/// <summary>
/// Names of the log's files: <c>00000012-00000000000000345678.log</c> is the 12th segment, whose first new entry is
/// 345678; <c>00000009.spare</c> waits to be used again.
/// </summary>
internal static class LogFileName
{
    private const string LiveSuffix = ".log";
    private const string SpareSuffix = ".spare";
    private const int SequenceDigits = 8;
    private const int IndexDigits = 20;

    /// <summary>The name of a live segment. Sorts in the order of writing.</summary>
    public static string Live(ulong sequence, ulong firstIndex) =>
        string.Create(CultureInfo.InvariantCulture, $"{sequence:D8}-{firstIndex:D20}{LiveSuffix}");

    /// <summary>The name of a segment without live records.</summary>
    public static string Spare(ulong sequence) =>
        string.Create(CultureInfo.InvariantCulture, $"{sequence:D8}{SpareSuffix}");

    /// <summary>True for a spare segment.</summary>
    public static bool IsSpare(string name) => name.EndsWith(SpareSuffix, StringComparison.Ordinal);

    /// <summary>True for a live segment's name.</summary>
    public static bool TryParseLive(string name, out ulong sequence, out ulong firstIndex)
    {
        sequence = 0;
        firstIndex = 0;
        int dash = name.IndexOf('-', StringComparison.Ordinal);
        return name.EndsWith(LiveSuffix, StringComparison.Ordinal)
            && dash >= SequenceDigits
            && name.Length - LiveSuffix.Length - dash - 1 == IndexDigits
            && ulong.TryParse(name.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out sequence)
            && ulong.TryParse(
                name.AsSpan(dash + 1, IndexDigits), NumberStyles.None, CultureInfo.InvariantCulture, out firstIndex);
    }
}
