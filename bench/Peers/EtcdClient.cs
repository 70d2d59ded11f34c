using System.Net;
using System.Net.Http.Headers;
using System.Text;
using JobNode.Load;

namespace JobNode.Bench.Peers;

/// <summary>
/// etcd by gRPC: /etcdserverpb.KV/Put of a new key each time. The two fields of the message are written by hand; HTTP/2
/// is the platform's, with one connection for up to 64 clients.
/// </summary>
internal sealed class EtcdClient(HttpClient http, int number, byte[] message) : ILoadClient
{
    private const int KeyBytes = 24;

    private long _count;

    /// <summary>A connection that several clients share.</summary>
    public static HttpClient Connect(int port) => new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask<LoadOutcome> CallAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/etcdserverpb.KV/Put")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(PutRequest()),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        try
        {
            using HttpResponseMessage answer = await http.SendAsync(request);
            await answer.Content.ReadAsByteArrayAsync();
            HttpResponseHeaders last = answer.TrailingHeaders.Any() ? answer.TrailingHeaders : answer.Headers;
            string status = last.TryGetValues("grpc-status", out IEnumerable<string>? values) ? values.First() : "none";
            return status == "0" ? new LoadOutcome(1) : new LoadOutcome(0, $"grpc-status {status}");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <inheritdoc/>
    public void Cut() => http.CancelPendingRequests();

    /// <inheritdoc/>
    public void Dispose()
    {
        // The connection belongs to all.
    }

    /// <summary>Not compressed, its length, then the fields key (1) and value (2), each with its length.</summary>
    private byte[] PutRequest()
    {
        byte[] key = Encoding.ASCII.GetBytes($"{number:x8}{_count++:x16}");
        int length = 2 + KeyBytes + 2 + message.Length;
        return
        [
            0, 0, 0, (byte)(length >> 8), (byte)length, 0x0A, KeyBytes, .. key, 0x12, (byte)message.Length, .. message,
        ];
    }
}
