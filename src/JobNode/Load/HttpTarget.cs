using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace JobNode.Load;

/// <summary>One server and how to reach it.</summary>
/// <param name="Address">Scheme, host and port.</param>
/// <param name="Token">Bearer token, or null.</param>
/// <param name="Trust">Whom to believe to be an https server; null for the CAs of this machine.</param>
internal sealed record HttpTarget(Uri Address, string? Token, X509ChainPolicy? Trust)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Connects; the stream owns the socket.</summary>
    /// <exception cref="IOException">Nobody answers, or the certificate is not trusted.</exception>
    public async Task<Stream> ConnectAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(Address.Host, Address.Port, limit.Token);
            stream = new NetworkStream(socket, ownsSocket: true);
            return Address.Scheme == Uri.UriSchemeHttps ? stream = await SecureAsync(stream, limit.Token) : stream;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            await (stream?.DisposeAsync() ?? default);
            socket.Dispose();
            throw error switch
            {
                OperationCanceledException when cancellation.IsCancellationRequested => error,
                OperationCanceledException => new IOException("no connection within 5 seconds", error),
                _ => new IOException(error.Message, error),
            };
        }
    }

    private async Task<Stream> SecureAsync(Stream plain, CancellationToken cancellation)
    {
        var secure = new SslStream(plain);
        await secure.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = Address.Host, CertificateChainPolicy = Trust },
            cancellation);
        return secure;
    }
}
