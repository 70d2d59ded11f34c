using System.Net;
using System.Net.Sockets;

namespace JobNode.Tests.Support;

/// <summary>
/// Finds free ports on loopback that a node can come back to: below the range from which the kernel takes the ports of
/// outgoing connections, so that none is taken while a node is down.
/// </summary>
internal static class LoopbackPorts
{
    private const int From = 20_000;
    private const int To = 32_000;

    private static readonly HashSet<int> GivenOut = [];

    /// <summary>A port that nothing listens on and that this process did not give out before.</summary>
    public static int Next()
    {
        lock (GivenOut)
        {
            while (true)
            {
                int port = Random.Shared.Next(From, To);
                if (IsFree(port) && GivenOut.Add(port))
                {
                    return port;
                }
            }
        }
    }

    private static bool IsFree(int port)
    {
        using TcpListener listener = new(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
