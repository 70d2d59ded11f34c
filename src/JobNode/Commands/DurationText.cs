using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace JobNode.Commands;

/// <summary>How durations are written in queries and flags.</summary>
internal static class DurationText
{
    /// <summary>Reads 500ms, 30s, 2m, 24h, 7d or plain seconds; at most 24 days.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TimeSpan duration) =>
        TryParse(text, TimeSpan.FromMilliseconds(int.MaxValue), out duration);

    /// <summary>The same, at most <paramref name="max"/>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, TimeSpan max, out TimeSpan duration)
    {
        duration = default;
        (string suffix, double unitMs) = text switch
        {
            null => ("", 0),
            _ when text.EndsWith("ms", StringComparison.Ordinal) => ("ms", 1),
            _ when text.EndsWith('s') => ("s", 1000),
            _ when text.EndsWith('m') => ("m", 60_000),
            _ when text.EndsWith('h') => ("h", 3_600_000),
            _ when text.EndsWith('d') => ("d", 86_400_000),
            _ => ("", 1000),
        };
        if (text is null
            || !double.TryParse(
                text.AsSpan(0, text.Length - suffix.Length),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out double value)
            || value * unitMs > max.TotalMilliseconds)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(value * unitMs);
        return true;
    }
}
