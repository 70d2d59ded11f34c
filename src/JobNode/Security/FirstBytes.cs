using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace JobNode.Security;

/// <summary>What a connection begins with; looked at, not consumed.</summary>
internal static class FirstBytes
{
    /// <summary>The record type of a TLS handshake (RFC 8446 section 5.1).</summary>
    private const byte TlsHandshake = 22;

    private static readonly string[] Http1Methods =
        ["GET ", "PUT ", "POST", "HEAD", "DELE", "OPTI", "CONN", "TRAC", "PATC"];

    private static ReadOnlySpan<byte> Http2Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Waits for the first byte: is it TLS? Else a half sentence about what it is.</summary>
    /// <exception cref="OperationCanceledException">Nothing came in time.</exception>
    public static async Task<string?> RefuseUnlessTlsAsync(PipeReader input, CancellationToken cancellation)
    {
        byte[] first = await PeekAsync(input, count: 1, cancellation);
        return first.Length switch
        {
            0 => "it left without a word",
            _ when first[0] == TlsHandshake => null,
            _ => $"it does not speak TLS but {Speech(first)}",
        };
    }

    /// <summary>Waits for the HTTP/2 preface, as far as it is one; else a half sentence about what it is.</summary>
    /// <exception cref="OperationCanceledException">It did not come in time.</exception>
    public static async Task<string?> RefuseUnlessHttp2Async(PipeReader input, CancellationToken cancellation)
    {
        byte[] first = await PeekAsync(input, Http2Preface.Length, cancellation);
        return first.AsSpan().SequenceEqual(Http2Preface) ? null
            : first.Length == 0 ? "it left without a word"
            : $"it does not speak HTTP/2 but {Speech(first)}; the API is on another port";
    }

    private static string Speech(byte[] first)
    {
        string text = Encoding.Latin1.GetString(first);
        if (Array.Exists(Http1Methods, method => text.StartsWith(method, StringComparison.Ordinal)))
        {
            return "HTTP/1";
        }

        if (text.StartsWith("PRI ", StringComparison.Ordinal))
        {
            return "HTTP/2 without TLS (a node without --cluster-ca, --cluster-cert and --cluster-key?)";
        }

        return first[0] == TlsHandshake
            ? "TLS, which this node was not told to (--cluster-ca, --cluster-cert, --cluster-key)"
            : $"bytes of no protocol ({Convert.ToHexStringLower(first.AsSpan(0, Math.Min(8, first.Length)))})";
    }

    /// <summary>
    /// The first bytes: up to a few more than asked for; fewer when the preface is already missed or the client left.
    /// </summary>
    private static async Task<byte[]> PeekAsync(PipeReader input, int count, CancellationToken cancellation)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync(cancellation);
            byte[] first = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, Http2Preface.Length)).ToArray();
            bool isPreface = Http2Preface.StartsWith(first);
            if (first.Length >= count || read.IsCompleted || read.IsCanceled || (first.Length > 0 && !isPreface))
            {
                // Nothing consumed, nothing examined: the next reader gets it at once.
                input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
                return first;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
