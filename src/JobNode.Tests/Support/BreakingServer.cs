using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JobNode.Tests.Support;

/// <summary>Answers every request with the beginning of a download, and hangs up.</summary>
internal sealed class BreakingServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    private BreakingServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Where it is.</summary>
    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>Starts one on a free port.</summary>
    public static BreakingServer Start() => new();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync();
            await using NetworkStream stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[4096]);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                "HTTP/1.1 200 OK\r\nJobnode-Index: 9\r\nJobnode-Digest: 00000000000000000000000000000000\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n10\r\nJOBNSNAP01234567\r\n"));
        }
    }
}
