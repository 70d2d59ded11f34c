using System.Text;
using JobNode.Load;

namespace JobNode.Tests.Load;

/// <summary>Answers come in pieces of any size; what is no answer is told.</summary>
public sealed class HttpExchangeTests
{
    private const string Chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n";

    public static TheoryData<string, int, string, bool> Answers() => new()
    {
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true },
        { "HTTP/1.1 204 No Content\r\ncontent-length:0\r\nconnection: Close\r\n\r\n", 204, "", false },
        { Chunked, 200, "hello, world", true },
        {
            $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2000\r\n{new string('z', 0x2000)}\r\n0\r\n\r\n",
            200, new string('z', 0x2000), true
        },
        {
            $"HTTP/1.1 503 No\r\nX: {new string('x', 5000)}\r\nContent-Length: 6000\r\n\r\n{new string('y', 6000)}",
            503, new string('y', 6000), true
        },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answers_are_read_however_they_are_cut(string text, int status, string body, bool staysOpen)
    {
        foreach (int piece in (int[])[1, 3, 1000, int.MaxValue])
        {
            using var exchange = new HttpExchange(new PiecewiseStream(text + text, piece, text.Length));
            for (int call = 0; call < 2; call++)
            {
                HttpAnswer answer = await exchange.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
                Assert.Equal(status, answer.Status);
                Assert.Equal(body, Encoding.ASCII.GetString(answer.Body.Span));
                Assert.Equal(staysOpen, exchange.IsOpen);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n\r\n")]
    [InlineData("220 mail.example.org ESMTP\r\n\r\n")]
    public async Task What_is_no_answer_is_told(string text)
    {
        using var exchange = new HttpExchange(new PiecewiseStream(text, int.MaxValue, int.MaxValue));
        await Assert.ThrowsAsync<IOException>(async () => await exchange.SendAsync(ReadOnlyMemory<byte>.Empty));
    }

    /// <summary>Takes what is written; gives a text in pieces, and none over the end of an answer.</summary>
    private sealed class PiecewiseStream(string text, int pieceBytes, int answerBytes) : MemoryStream
    {
        private readonly byte[] _text = Encoding.ASCII.GetBytes(text);
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int left = Math.Min(_text.Length - _at, answerBytes - (_at % answerBytes));
            int count = Math.Min(Math.Min(left, pieceBytes), buffer.Length);
            _text.AsSpan(_at, count).CopyTo(buffer.Span);
            _at += count;
            return ValueTask.FromResult(count);
        }
    }
}
