using System.Globalization;
using System.Text;
using JobNode.Load;

namespace JobNode.Bench.Peers;

/// <summary>Redis: LPUSH of one message or of many in one command; RPOPLPUSH, a pop that survives a crash.</summary>
internal sealed class RedisClient : SocketClient
{
    private const string Queue = "queue";

    private readonly byte[] _command;
    private readonly int _jobs;
    private readonly bool _pops;

    private RedisClient(int port, byte[] command, int jobs, bool pops)
        : base(port) => (_command, _jobs, _pops) = (command, jobs, pops);

    /// <summary>Pushes; with more than one message in one variadic command.</summary>
    public static RedisClient Pusher(int port, byte[] message, int batch)
    {
        string text = Encoding.ASCII.GetString(message);
        return new RedisClient(port, Command(["LPUSH", Queue, .. Enumerable.Repeat(text, batch)]), batch, pops: false);
    }

    /// <summary>Takes messages one by one.</summary>
    public static RedisClient Popper(int port) =>
        new(port, Command(["RPOPLPUSH", Queue, "taken"]), 1, pops: true);

    /// <inheritdoc/>
    public override async ValueTask<LoadOutcome> CallAsync()
    {
        await SendAsync(_command);
        ReadOnlyMemory<byte> line = await ReadLineAsync();
        switch (line.Span[0])
        {
            case (byte)':' when !_pops:
                return new LoadOutcome(_jobs);
            case (byte)'$' when _pops:
                int length = int.Parse(line.Span[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                if (length < 0)
                {
                    return new LoadOutcome(0);
                }

                await ReadBytesAsync(length + 2);
                return new LoadOutcome(1);
            default:
                return new LoadOutcome(0, Encoding.ASCII.GetString(line.Span));
        }
    }

    /// <inheritdoc/>
    protected override Task GreetAsync() => Task.CompletedTask;

    private static byte[] Command(string[] words)
    {
        var text = new StringBuilder($"*{words.Length}\r\n");
        foreach (string word in words)
        {
            text.Append('$').Append(word.Length).Append("\r\n").Append(word).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
