using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace JobNode.Tests.Support;

/// <summary>Somebody at a cluster port who does not belong there.</summary>
/// <param name="address">HOST:PORT of the port.</param>
internal sealed class Stranger(string address)
{
    private const int BytesMax = 600;
    private const int AtOnce = 16;

    private static readonly byte[] TlsBegin = [22, 3, 1];
    private static readonly byte[] Http2Begin = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8];

    private readonly IPEndPoint _port = IPEndPoint.Parse(address);

    /// <summary>TLS with this certificate or none; believes any server. Gives the server's serial number.</summary>
    public async Task<string> ShowAsync(TlsFiles? files)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_port);
        await using var stream = new SslStream(socket.GetStream());
        string serial = "";
        SslClientAuthenticationOptions options = Options(files);
        options.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            serial = certificate?.GetSerialNumberString() ?? "";
            return certificate is not null;
        };
        try
        {
            await stream.AuthenticateAsClientAsync(options);
            Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        }
        catch (Exception error) when (error is IOException or AuthenticationException)
        {
            // Thrown out; how that looks depends on how fast it comes.
        }

        return serial;
    }

    /// <summary>A request of HTTP/2 with a good certificate.</summary>
    public async Task<(HttpStatusCode Status, string Reason)> AskAsync(
        TlsFiles files, string path, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = Options(files) });
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{address}{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using HttpResponseMessage response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>
    /// Random byte strings, each on a connection of its own; a quarter begins as TLS does and a quarter as HTTP/2 does.
    /// </summary>
    public Task SendRandomAsync(int count, int seed) => Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (number, cancellation) =>
        {
            var random = new Random(seed + number);
            byte[] noise = new byte[random.Next(1, BytesMax)];
            random.NextBytes(noise);
            byte[] begin = (number % 4) switch { 0 => TlsBegin, 1 => Http2Begin, _ => [] };
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(_port, cancellation);
                NetworkStream stream = socket.GetStream();
                await stream.WriteAsync((byte[])[.. begin, .. noise], cancellation);
                socket.Client.Shutdown(SocketShutdown.Send);
                await stream.CopyToAsync(Stream.Null, cancellation);
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                // Reset: refused while it was still talking.
            }
        });

    /// <summary>TLS as a node speaks it, with these files or without a certificate.</summary>
    public static SslClientAuthenticationOptions Options(TlsFiles? files)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "node",
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        };
        if (files is not null)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPemFile(files.Certificate, files.Key), null, offline: true);
        }

        return options;
    }
}
