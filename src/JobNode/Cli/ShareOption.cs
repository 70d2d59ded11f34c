using System.CommandLine;
using System.Globalization;

namespace JobNode.Cli;

/// <summary>An option that is a share of a whole, in percent.</summary>
internal static class ShareOption
{
    /// <summary>A share: 0.1%, 25%, 100% or 0; its value is 0 to 1.</summary>
    public static Option<double?> Create(string name, string description) => new(name)
    {
        HelpName = "SHARE",
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (TryParse(text, out double share))
            {
                return share;
            }

            result.AddError($"{name} is \"{text}\"; write a share from 0% to 100%, for example 0.1%.");
            return null;
        },
    };

    /// <summary>Reads a number with a percent sign; of the plain numbers only 0, which cannot be mistaken.</summary>
    public static bool TryParse(string text, out double share)
    {
        bool isPercent = text.EndsWith('%');
        bool isNumber = decimal.TryParse(
            isPercent ? text.AsSpan(0, text.Length - 1) : text,
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out decimal percent);
        share = (double)(percent / 100);
        return isNumber && percent is >= 0 and <= 100 && (isPercent || percent == 0);
    }
}
