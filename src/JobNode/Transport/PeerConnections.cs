using System.Net;
using JobNode.Commands;
using JobNode.Security;

namespace JobNode.Transport;

/// <summary>
/// Opens bidirectional streams to other nodes. All of them share one pool of HTTP/2 connections (prior knowledge,
/// RFC 9113 section 3.3): one connection per node, pinged, so that a dead peer breaks its streams within seconds.
/// </summary>
internal sealed class PeerConnections : IDisposable
{
    private readonly ClusterIdentity _identity;
    private readonly PeerSecurity _security;
    private readonly string _scheme;
    private readonly HttpMessageInvoker _http;

    /// <summary>Makes an empty pool; requests introduce themselves as <paramref name="identity"/>.</summary>
    /// <param name="identity">This node.</param>
    /// <param name="security">What this node shows and asks of the others; null for nothing.</param>
    public PeerConnections(ClusterIdentity identity, PeerSecurity? security = null)
    {
        _identity = identity;
        _security = security ?? PeerSecurity.None;
        _scheme = _security.IsEncrypted ? "https" : "http";
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = _security.IsEncrypted
                ? (context, cancellation) => _security.ConnectAsync(context.DnsEndPoint, cancellation)
                : null,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromMilliseconds(PeerProtocol.ConnectTimeoutMs),
            KeepAlivePingDelay = TimeSpan.FromMilliseconds(PeerProtocol.PingDelayMs),
            KeepAlivePingTimeout = TimeSpan.FromMilliseconds(PeerProtocol.PingTimeoutMs),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        });
    }

    /// <summary>
    /// Opens a stream to whoever answers at <paramref name="address"/> (HOST:PORT) and awaits its headers. The token
    /// counts for the opening only; the stream ends when it is disposed or breaks.
    /// </summary>
    /// <exception cref="IOException">Not reachable, or refused (<see cref="PeerRefusedException"/> with its
    /// reason).</exception>
    public Task<DuplexStream> OpenAsync(string address, string path, CancellationToken cancellation) =>
        OpenAsync(address, NodeId.None, path, cancellation);

    /// <summary>The same to one node: another one at its address refuses.</summary>
    /// <exception cref="IOException">Not reachable, or refused (<see cref="PeerRefusedException"/> with its
    /// reason).</exception>
    public Task<DuplexStream> OpenAsync(Member peer, string path, CancellationToken cancellation) =>
        OpenAsync(peer.Address, peer.Id, path, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<DuplexStream> OpenAsync(
        string address, NodeId to, string path, CancellationToken cancellation)
    {
        var content = new StreamingContent();
        using HttpRequestMessage request = CreateRequest(address, to, path, content);
        try
        {
            HttpResponseMessage response = await SendAsync(request, content, cancellation);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                using (response)
                {
                    string reason = await ReadReasonAsync(response, cancellation);
                    throw new PeerRefusedException($"{address} refused {path} ({(int)response.StatusCode}): {reason}");
                }
            }

            Stream input = await response.Content.ReadAsStreamAsync(cancellation);
            Stream output = await content.GetStreamAsync();
            return new DuplexStream(input, output);
        }
        catch (Exception error)
        {
            content.Abort();
            if (error is HttpRequestException or OperationCanceledException)
            {
                cancellation.ThrowIfCancellationRequested();
                string reason = error is HttpRequestException
                    ? Reason(error)
                    : $"it reset the stream or did not answer within {PeerProtocol.OpenTimeoutMs} ms";
                throw new IOException($"{address} cannot be reached: {reason}", error);
            }

            throw;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, StreamingContent content, CancellationToken cancellation)
    {
        // The token given to SendAsync also kills a request body that goes on after the headers came,
        // so it is the stream's own, and the caller's and the clock only reach it while opening.
        using CancellationTokenRegistration linked = cancellation.UnsafeRegister(
            static state => ((StreamingContent)state!).Abort(), content);
        using var timer = new Timer(
            static state => ((StreamingContent)state!).Abort(), content, PeerProtocol.OpenTimeoutMs, Timeout.Infinite);
        return await _http.SendAsync(request, content.Aborted);
    }

    private HttpRequestMessage CreateRequest(string address, NodeId to, string path, StreamingContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{_scheme}://{address}{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.Add(PeerProtocol.VersionHeader, PeerProtocol.Version);
        request.Headers.Add(PeerProtocol.NodeHeader, _identity.Self.ToString());
        request.Headers.Add(PeerProtocol.AddressHeader, _identity.Address);
        request.Headers.Add(PeerProtocol.ClusterHeader, PeerProtocol.Format(_identity.ClusterId));
        if (_security.ShownToken is { } token)
        {
            request.Headers.Add(PeerProtocol.TokenHeader, token);
        }

        if (to != NodeId.None)
        {
            request.Headers.Add(PeerProtocol.ToHeader, to.ToString());
        }

        return request;
    }

    /// <summary>
    /// With TLS 1.3 a refused certificate shows only after the handshake, as a connection that breaks at once.
    /// </summary>
    private string Reason(Exception error)
    {
        string message = error.Message;
        return _security.IsEncrypted && error.InnerException is not (null or System.Net.Sockets.SocketException)
            && error is HttpRequestException { HttpRequestError: not HttpRequestError.ConnectionError }
            ? $"{message.TrimEnd('.')} (perhaps it refuses this node's certificate: its log says so)"
            : message;
    }

    private static async Task<string> ReadReasonAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        byte[] text = new byte[1024];
        int length = await body.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancellation);
        return System.Text.Encoding.UTF8.GetString(text, 0, length);
    }
}
