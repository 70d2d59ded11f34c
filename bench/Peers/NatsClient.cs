using System.Globalization;
using System.Text;
using JobNode.Load;

namespace JobNode.Bench.Peers;

/// <summary>NATS JetStream: a publish with a reply subject; the answer is the stream's acknowledgement.</summary>
internal sealed class NatsClient(int port, byte[] message) : SocketClient(port)
{
    private const string Subject = "jobs.new";
    private const int HeadersAt = 4;

    private readonly string _inbox = $"_INBOX.{Guid.NewGuid():N}";
    private byte[] _publish = [];

    /// <summary>Makes the stream, three copies of it on disk; tries again while the cluster forms.</summary>
    public static async Task CreateStreamAsync(int port, int replicas, CancellationToken cancellation)
    {
        string config = $"{{\"name\":\"jobs\",\"subjects\":[\"{Subject}\"],\"storage\":\"file\","
            + $"\"num_replicas\":{replicas},\"retention\":\"workqueue\"}}";
        while (true)
        {
            using var client = new NatsClient(port, []);
            await client.OpenAsync(cancellation);
            using var limit = new CancellationTokenSource(PeerSides.AnswerWithin);
            using CancellationTokenRegistration cutting = limit.Token.Register(client.Cut);
            string answer = await client.AskAsync("$JS.API.STREAM.CREATE.jobs", config);
            if (answer.Contains("\"did_create\":true", StringComparison.Ordinal))
            {
                return;
            }

            await Task.Delay(200, cancellation);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<LoadOutcome> CallAsync()
    {
        await SendAsync(_publish);
        string? error = JudgeAck((await ReadMessageAsync()).Span);
        return error is null ? new LoadOutcome(1) : new LoadOutcome(0, error);
    }

    /// <inheritdoc/>
    protected override async Task GreetAsync()
    {
        await ReadLineAsync();
        string hello = "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,"
            + $"\"lang\":\"c\",\"version\":\"1\",\"protocol\":1}}\r\nSUB {_inbox} 1\r\n";
        await SendAsync(Encoding.ASCII.GetBytes(hello));
        _publish = Publish(Subject, message);
    }

    private async Task<string> AskAsync(string subject, string body)
    {
        await SendAsync(Publish(subject, Encoding.ASCII.GetBytes(body)));
        return Encoding.UTF8.GetString((await ReadMessageAsync()).Span);
    }

    private byte[] Publish(string subject, byte[] body) =>
        [.. Encoding.ASCII.GetBytes($"PUB {subject} {_inbox} {body.Length}\r\n"), .. body, .. "\r\n"u8];

    /// <summary>{"stream":"jobs","seq":5}, or with "error"; a message with headers says that nobody answers.</summary>
    private static string? JudgeAck(ReadOnlySpan<byte> ack) =>
        ack.StartsWith("{\"stream\":"u8) ? null : ack.Length > 80 ? "refused" : Encoding.UTF8.GetString(ack);

    /// <summary>Skips pings; a message's head is "MSG subject sid bytes", or HMSG with those of headers too.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReadMessageAsync()
    {
        while (true)
        {
            string line = Encoding.ASCII.GetString((await ReadLineAsync()).Span);
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "MSG":
                    int bytes = int.Parse(words[^1], CultureInfo.InvariantCulture);
                    return (await ReadBytesAsync(bytes + 2))[..bytes];
                case "HMSG" when words.Length > HeadersAt:
                    int all = int.Parse(words[^1], CultureInfo.InvariantCulture);
                    return (await ReadBytesAsync(all + 2))[..all];
                case "PING":
                    await SendAsync("PONG\r\n"u8.ToArray());
                    break;
                case "-ERR":
                    throw new IOException(line);
                default:
                    break;
            }
        }
    }
}
