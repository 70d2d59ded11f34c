using System.CommandLine;
using System.Globalization;
using DurationText = JobNode.Commands.DurationText;

namespace JobNode.Cli;

/// <summary>Options of bytes and of long periods.</summary>
internal static class SizeOption
{
    private const int DaysMax = 36_500;

    private static readonly (string Suffix, long Bytes)[] _sizes =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1_000L), ("MB", 1_000_000L), ("GB", 1_000_000_000L), ("TB", 1_000_000_000_000L), ("", 1L),
    ];

    /// <summary>A number of bytes: 64KiB, 10MB, 1GiB or plain bytes.</summary>
    public static Option<long?> Create(string name, string description, long min, long max = long.MaxValue) => new(name)
    {
        HelpName = "SIZE",
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (TryParse(text, out long bytes) && bytes >= min && bytes <= max)
            {
                return bytes;
            }

            result.AddError($"{name} is \"{text}\"; write bytes, or a size such as 64KiB, 10MB or 1GiB"
                + (min > 0 ? $", at least {min}" : "")
                + (max < long.MaxValue ? $", at most {max}." : "."));
            return null;
        },
    };

    /// <summary>A period: 90s, 30m, 12h, 7d, or 0.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        HelpName = "TIME",
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (DurationText.TryParse(text, TimeSpan.FromDays(DaysMax), out TimeSpan period))
            {
                return period;
            }

            result.AddError($"{name} is \"{text}\"; write a time such as 90s, 30m, 12h or 7d, at most {DaysMax}d.");
            return null;
        },
    };

    /// <summary>Reads a size.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        (string suffix, long unit) = _sizes.First(
            size => text.EndsWith(size.Suffix, StringComparison.OrdinalIgnoreCase));
        bool isNumber = decimal.TryParse(
            text.AsSpan(0, text.Length - suffix.Length),
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out decimal value);
        bool fits = isNumber && value <= (decimal)long.MaxValue / unit;
        bytes = fits ? (long)(value * unit) : 0;
        return fits;
    }
}
