using System.Net;
using System.Net.Sockets;
using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>
/// What --peers stands for now. A list stays as it is written, names included: they are resolved at each connect. One
/// single name that has several addresses stands for all of them (a headless service, a round-robin record), asked for
/// again each time.
/// </summary>
/// <remarks>
/// A machine with one IPv4 and one IPv6 address is one node, not two: the addresses of one family count, of the one
/// that has more of them, IPv4 where both have the same number.
/// </remarks>
internal sealed class PeerResolver(
    IReadOnlyList<HostPort> peers, int? expect, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <summary>The addresses now, canonical and sorted.</summary>
    /// <exception cref="FormatException">The list names what nobody can dial, and the message what to do.</exception>
    public async Task<ResolvedPeers> ResolveAsync(CancellationToken cancellation)
    {
        if (peers.Count != 1 || IPAddress.TryParse(peers[0].Host, out _))
        {
            return new ResolvedPeers(PeerList.From(peers, null), IsName: false, "");
        }

        HostPort name = peers[0];
        IPAddress[] found = [];
        string failure = "";
        try
        {
            found = await resolve(name.Host, cancellation);
        }
        catch (SocketException error)
        {
            failure = error.Message;
        }

        IPAddress[] most = found.GroupBy(static address => address.AddressFamily)
            .OrderByDescending(static family => family.Distinct().Count()).ThenBy(static family => family.Key)
            .Select(static family => family.Distinct().ToArray())
            .FirstOrDefault([]);
        bool isMany = most.Length > 1 || expect > 1;
        return isMany
            ? new ResolvedPeers(
                PeerList.From(most.Select(address => new HostPort(address.ToString(), name.Port)), null), true, failure)
            : new ResolvedPeers(PeerList.From(peers, null), IsName: false, failure);
    }
}

/// <summary>Addresses that --peers stands for.</summary>
/// <param name="Addresses">Canonical and sorted.</param>
/// <param name="IsName">They are those of one name, and may change.</param>
/// <param name="Failure">Why the name has none, or empty.</param>
internal sealed record ResolvedPeers(IReadOnlyList<string> Addresses, bool IsName, string Failure);
