using System.Net;
using System.Net.Sockets;
using JobNode.Commands;

namespace JobNode;

/// <summary>What a server binds for a place that a person wrote: the one spot where listening asks for names.</summary>
internal static class ListenEndpoint
{
    /// <summary>
    /// The socket address. <c>*</c> is every interface; a name is asked for, and IPv4 comes first where it has both.
    /// </summary>
    /// <exception cref="IOException">No address has the name; the message says so.</exception>
    public static async Task<IPEndPoint> ResolveAsync(HostPort place, CancellationToken cancellation)
    {
        if (place.Host == "*")
        {
            // Kestrel opens [::] for both families.
            return new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, place.Port);
        }

        if (IPAddress.TryParse(place.Host, out IPAddress? literal))
        {
            return new IPEndPoint(literal, place.Port);
        }

        try
        {
            IPAddress[] found = await Dns.GetHostAddressesAsync(place.Host, cancellation);
            return new IPEndPoint(found.OrderBy(address => address.AddressFamily).First(), place.Port);
        }
        catch (SocketException error)
        {
            throw new IOException($"cannot listen on {place}: no address has this name ({error.Message})", error);
        }
    }
}
