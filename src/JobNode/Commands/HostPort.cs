using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace JobNode.Commands;

/// <summary>
/// A place on the network as people write it: <c>host:port</c>, <c>1.2.3.4:port</c> or <c>[v6]:port</c>. The text of
/// a parsed one is canonical, so that nodes can compare it. Turning names into addresses is the host's work.
/// </summary>
/// <param name="Host">A lower-case name or canonical address, without brackets; <c>*</c> is every interface.</param>
/// <param name="Port">0 to 65535; 0 lets the system choose when listening.</param>
internal readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Port of the API.</summary>
    public const int DefaultApiPort = 5000;

    /// <summary>Port between nodes when none is written.</summary>
    public const int DefaultClusterPort = 5001;

    /// <summary>True when it means every interface (0.0.0.0, [::] or *), which nobody can dial.</summary>
    public bool IsWildcard => Host is "*" or "0.0.0.0" or "::";

    /// <summary>True when only this machine can reach it.</summary>
    public bool IsLoopback =>
        Host is "localhost" || (IPAddress.TryParse(Host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>Reads the text; on failure <paramref name="error"/> says what to write, without a full stop.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="defaultPort">The port when none is written; null when one must be.</param>
    /// <param name="place">What it means.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryParse(
        string? text, int? defaultPort, out HostPort place, [NotNullWhen(false)] out string? error)
    {
        place = default;
        string written = (text ?? "").Trim();
        if (!TrySplit(written, out string host, out string port))
        {
            error = $"'{written}' is not an address: write host:port, 10.0.0.1:5001 or [2001:db8::1]:5001";
            return false;
        }

        int number = defaultPort ?? 0;
        if (port.Length == 0 && defaultPort is null)
        {
            error = $"'{written}' has no port: write host:port, {written}:5000 for example";
            return false;
        }

        if (port.Length > 0
            && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number > 65535))
        {
            error = $"'{port}' in '{written}' is not a port: write a number from 0 to 65535 after the colon";
            return false;
        }

        place = new HostPort(host, number);
        error = null;
        return true;
    }

    /// <summary>Reads text that must be right.</summary>
    /// <exception cref="FormatException">With the sentence of <see cref="TryParse"/>.</exception>
    public static HostPort Parse(string text, int defaultPort = DefaultClusterPort) =>
        TryParse(text, defaultPort, out HostPort place, out string? error) ? place : throw new FormatException(error);

    /// <summary>The canonical text: brackets around an IPv6 address, always a port.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? $"[{Host}]:{Port.ToString(CultureInfo.InvariantCulture)}"
        : $"{Host}:{Port.ToString(CultureInfo.InvariantCulture)}";

    private static bool TrySplit(string text, out string host, out string port)
    {
        port = "";
        host = "";
        if (text.StartsWith('['))
        {
            int close = text.IndexOf(']', StringComparison.Ordinal);
            if (close < 0
                || !IPAddress.TryParse(text.AsSpan(1, close - 1), out IPAddress? v6)
                || v6.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }

            host = v6.ToString();
            return TrySplitPort(text[(close + 1)..], out port);
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        host = (colon < 0 ? text : text[..colon]).ToLowerInvariant();
        if (IPAddress.TryParse(host, out IPAddress? v4))
        {
            // "0" and "127.1" are addresses too: what they mean must not hide from IsWildcard and IsLoopback.
            host = v4.ToString();
        }

        return IsHost(host) && TrySplitPort(colon < 0 ? "" : text[colon..], out port);
    }

    private static bool TrySplitPort(string rest, out string port)
    {
        port = rest.Length > 1 ? rest[1..] : "";
        return rest.Length == 0 || (rest[0] == ':' && port.Length > 0);
    }

    // "*" is for listening only; a name is what DNS allows (RFC 1123) plus the underscore that container networks use.
    private static bool IsHost(string host) =>
        host is "*" || (host.Length is > 0 and <= 253
            && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'));
}
