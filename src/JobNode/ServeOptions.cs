using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace JobNode;

/// <summary>What <c>jobnode serve</c> was asked for, already checked for sense.</summary>
/// <param name="DataDirectory">Where this node keeps its identity, log and snapshots; made when absent.</param>
/// <param name="Listen">HOST:PORT of the API; port 0 takes a free one.</param>
/// <param name="ClusterListen">HOST:PORT for the other nodes; port 0 takes a free one.</param>
/// <param name="Advertise">HOST:PORT at which the others reach this node; null derives it from the cluster
/// address.</param>
/// <param name="Peers">Cluster addresses HOST:PORT of the first members, this one included or not; empty:
/// alone.</param>
/// <param name="Workers">Hash threads: null is one per core, 0 computes nothing.</param>
/// <param name="Insecure">The operator said that these ports may be reached from other machines without TLS.</param>
/// <param name="ForcedIsa">scalar, avx2 or avx512 forces a kernel path; null chooses the best.</param>
internal sealed record ServeOptions(
    string DataDirectory,
    string Listen,
    string ClusterListen,
    string? Advertise,
    IReadOnlyList<string> Peers,
    int? Workers,
    bool Insecure,
    string? ForcedIsa);

/// <summary>A HOST:PORT to listen on or to connect to. IPv6 addresses stand in brackets.</summary>
/// <param name="Host">Name or address without brackets; never empty.</param>
/// <param name="Port">0 to 65535.</param>
internal readonly record struct ListenAddress(string Host, int Port)
{
    /// <summary>True when only this machine can reach it.</summary>
    public bool IsLoopback =>
        string.Equals(Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>True for "any address of this machine".</summary>
    public bool IsWildcard =>
        IPAddress.TryParse(Host, out IPAddress? address)
        && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    /// <summary>Reads HOST:PORT; <c>*</c> stands for every address.</summary>
    public static bool TryParse(string? text, out ListenAddress address)
    {
        address = default;
        int colon = text?.LastIndexOf(':') ?? -1;
        if (colon <= 0
            || !ushort.TryParse(
                text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        string host = text![..colon];
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (bracketed)
        {
            host = host[1..^1];
        }
        else if (host == "*")
        {
            host = "0.0.0.0";
        }

        bool isIpv6 = IPAddress.TryParse(host, out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetworkV6;
        if (bracketed != isIpv6 || (ip is null && Uri.CheckHostName(host) != UriHostNameType.Dns))
        {
            return false;
        }

        address = new ListenAddress(host, port);
        return true;
    }

    /// <summary>The socket address, asking the name service when the host is a name.</summary>
    /// <exception cref="SocketException">The name has no address.</exception>
    public async Task<IPEndPoint> ResolveAsync(CancellationToken cancellation)
    {
        if (IPAddress.TryParse(Host, out IPAddress? ip))
        {
            return new IPEndPoint(ip, Port);
        }

        if (IsLoopback)
        {
            return new IPEndPoint(IPAddress.Loopback, Port);
        }

        IPAddress[] addresses = await Dns.GetHostAddressesAsync(Host, cancellation);
        return addresses.Length > 0
            ? new IPEndPoint(addresses[0], Port)
            : throw new SocketException((int)SocketError.HostNotFound);
    }

    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? $"[{Host}]:{Port}"
        : $"{Host}:{Port}";
}
