using System.Security.Cryptography;
using System.Text;

namespace JobNode.Security;

/// <summary>A token. Comparing takes the same time whatever is compared; it never shows itself in text.</summary>
internal sealed class SecretText
{
    /// <summary>Shorter ones can be guessed.</summary>
    public const int LengthMin = 16;

    /// <summary>Longer ones are of no use.</summary>
    public const int LengthMax = 256;

    /// <summary>How to make one; ends sentences about tokens.</summary>
    public const string HowToMake = "make one with: openssl rand -hex 32";

    // Padded to one length, with the length in front, so that comparing never stops early.
    private readonly byte[] _padded;

    private SecretText(string text)
    {
        _padded = Pad(text);
        Text = text;
    }

    /// <summary>The token itself, for the one header that carries it.</summary>
    public string Text { get; }

    /// <summary>Checks a token read from a file.</summary>
    /// <param name="text">The token.</param>
    /// <param name="token">Made from it.</param>
    /// <returns>Null, or what is wrong with it; the token is not in the sentence.</returns>
    public static string? TryCreate(string text, out SecretText? token)
    {
        token = null;
        if (text.Length is < LengthMin or > LengthMax)
        {
            return $"a token has {LengthMin} to {LengthMax} characters, this one has {text.Length}; {HowToMake}";
        }

        if (!text.All(IsTokenCharacter))
        {
            return $"a token is made of letters, digits and - . _ ~ + / = only; {HowToMake}";
        }

        token = new SecretText(text);
        return null;
    }

    /// <summary>Is this the token? What is too long is not, and takes as long to find out.</summary>
    public bool Equals(string shown) => CryptographicOperations.FixedTimeEquals(_padded, Pad(shown));

    /// <inheritdoc/>
    public override string ToString() => "(secret)";

    /// <summary>RFC 6750 section 2.1: b64token.</summary>
    private static bool IsTokenCharacter(char character) =>
        char.IsAsciiLetterOrDigit(character) || "-._~+/=".Contains(character, StringComparison.Ordinal);

    private static byte[] Pad(string text)
    {
        byte[] padded = new byte[2 + LengthMax];
        int kept = Math.Min(text.Length, LengthMax + 1);
        padded[0] = (byte)(kept >> 8);
        padded[1] = (byte)kept;
        Encoding.Latin1.GetBytes(text.AsSpan(0, Math.Min(text.Length, LengthMax)), padded.AsSpan(2));
        return padded;
    }
}
