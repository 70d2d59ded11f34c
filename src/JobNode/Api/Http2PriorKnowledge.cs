using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace JobNode.Api;

/// <summary>
/// Lets HTTP/1.1 and HTTP/2 with prior knowledge (RFC 9113 section 3.3) share one port without TLS. Kestrel chooses by
/// what TLS negotiated and else takes HTTP/1.1; here the client's first bytes choose: <c>PRI</c> begins the HTTP/2
/// preface and no HTTP/1.1 method. Nothing is consumed.
/// </summary>
internal static class Http2PriorKnowledge
{
    /// <summary>A client that sends nothing for this long is dropped, in milliseconds.</summary>
    private const int FirstBytesTimeoutMs = 130_000;

    /// <summary>The connection middleware.</summary>
    public static async Task HandleAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        bool? isHttp2 = await SniffAsync(connection);
        if (isHttp2 is null)
        {
            return;
        }

        if (isHttp2 == true)
        {
            var negotiated = new NegotiatedHttp2();
            connection.Features.Set<ITlsConnectionFeature>(negotiated);
            connection.Features.Set<ITlsApplicationProtocolFeature>(negotiated);
        }

        await next(connection);
    }

    /// <summary>Null when the client left before it sent enough to tell.</summary>
    private static async Task<bool?> SniffAsync(ConnectionContext connection)
    {
        PipeReader input = connection.Transport.Input;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(FirstBytesTimeoutMs);
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync(limit.Token);
                bool? isHttp2 = StartsWithPreface(read.Buffer);
                if (isHttp2 is not null || read.IsCompleted)
                {
                    input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
                    return isHttp2;
                }

                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            return null;
        }
    }

    private static bool? StartsWithPreface(ReadOnlySequence<byte> bytes)
    {
        ReadOnlySpan<byte> preface = "PRI "u8;
        Span<byte> first = stackalloc byte[4];
        int length = (int)Math.Min(bytes.Length, preface.Length);
        bytes.Slice(0, length).CopyTo(first);
        if (!preface.StartsWith(first[..length]))
        {
            return false;
        }

        return length == preface.Length ? true : null;
    }

    /// <summary>Says what TLS would have said; there is no certificate.</summary>
    private sealed class NegotiatedHttp2 : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public X509Certificate2? ClientCertificate { get; set; }

        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = "h2"u8.ToArray();

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult<X509Certificate2?>(null);
    }
}
