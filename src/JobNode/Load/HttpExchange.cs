using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace JobNode.Load;

/// <summary>
/// The part of an HTTP/1.1 client that a load generator needs, and nothing more: one request at a time on a connection
/// that stays open, answers with a length or in chunks. It often shares the machine with the servers that it measures:
/// what it does not take, they have.
/// </summary>
internal sealed class HttpExchange(Stream stream) : IDisposable
{
    private const int BufferBytes = 4096;
    private const int AnswerBytesMax = 64 << 20;

    private byte[] _buffer = new byte[BufferBytes];
    private int _filled;

    /// <summary>False once the server said that it closes the connection.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Sends a request (head and body in one) and reads the answer.</summary>
    /// <exception cref="IOException">The connection broke, or what came is no answer.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HttpAnswer> SendAsync(ReadOnlyMemory<byte> request)
    {
        await stream.WriteAsync(request);
        _filled = 0;
        int headBytes;
        while ((headBytes = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8) + 4) < 4)
        {
            await FillAsync();
        }

        AnswerHead head = AnswerHead.Parse(_buffer.AsSpan(0, headBytes));
        IsOpen = !head.Closes;
        if (head.Length is not { } length)
        {
            int bytes = await ReadChunksAsync(headBytes);
            return new HttpAnswer(head.Status, _buffer.AsMemory(headBytes, bytes));
        }

        while (_filled < headBytes + length)
        {
            await FillAsync();
        }

        return new HttpAnswer(head.Status, _buffer.AsMemory(headBytes, length));
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    /// <summary>Moves the contents of the chunks together; gives how many bytes they are.</summary>
    private async ValueTask<int> ReadChunksAsync(int from)
    {
        int at = from;
        int end = from;
        while (true)
        {
            int line;
            while ((line = _buffer.AsSpan(at, _filled - at).IndexOf("\r\n"u8)) < 0)
            {
                await FillAsync();
            }

            if (!Utf8Parser.TryParse(_buffer.AsSpan(at, line), out int length, out _, 'x') || length < 0)
            {
                throw new IOException("the answer has a chunk without a length");
            }

            at += line + 2;
            while (_filled < at + length + 2)
            {
                await FillAsync();
            }

            if (length == 0)
            {
                return end - from;
            }

            _buffer.AsSpan(at, length).CopyTo(_buffer.AsSpan(end));
            end += length;
            at += length + 2;
        }
    }

    private async ValueTask FillAsync()
    {
        if (_filled == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length < AnswerBytesMax
                ? _buffer.Length * 2
                : throw new IOException($"the answer is longer than {AnswerBytesMax} bytes"));
        }

        int got = await stream.ReadAsync(_buffer.AsMemory(_filled));
        _filled += got > 0 ? got : throw new IOException("the server closed the connection");
    }

    /// <summary>What the first lines of an answer say.</summary>
    private readonly record struct AnswerHead(int Status, int? Length, bool Closes)
    {
        private const int StatusAt = 9;

        public static AnswerHead Parse(ReadOnlySpan<byte> head)
        {
            if (!head.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(head[StatusAt..], out int status, out _))
            {
                throw new IOException("what answers does not speak HTTP/1.1");
            }

            int? length = null;
            bool isChunked = false;
            bool closes = false;
            while (head.IndexOf("\r\n"u8) is var end and > 0)
            {
                ReadOnlySpan<byte> line = head[..end];
                head = head[(end + 2)..];
                if (ValueOf(line, "content-length:"u8) is { IsEmpty: false } digits)
                {
                    length = Utf8Parser.TryParse(digits, out int bytes, out _) && bytes is >= 0 and <= AnswerBytesMax
                        ? bytes
                        : throw new IOException($"the answer's length is {Encoding.ASCII.GetString(digits)}");
                }

                isChunked |= Ascii.EqualsIgnoreCase(ValueOf(line, "transfer-encoding:"u8), "chunked"u8);
                closes |= Ascii.EqualsIgnoreCase(ValueOf(line, "connection:"u8), "close"u8);
            }

            return length is null && !isChunked
                ? throw new IOException("the answer does not say how long it is")
                : new AnswerHead(status, isChunked ? null : length, closes);
        }

        private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
            line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name)
                ? line[name.Length..].Trim((byte)' ')
                : [];
    }
}

/// <summary>One answer.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">Valid until the next request on the connection.</param>
internal readonly record struct HttpAnswer(int Status, ReadOnlyMemory<byte> Body);
