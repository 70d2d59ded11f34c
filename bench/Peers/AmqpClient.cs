using System.Buffers.Binary;
using System.Text;
using JobNode.Load;

namespace JobNode.Bench.Peers;

/// <summary>
/// RabbitMQ by AMQP 0-9-1: a persistent message to a quorum queue, and the publisher confirm that it is on a majority's
/// disks. Just the frames that this needs.
/// </summary>
internal sealed class AmqpClient(int port, byte[] message, bool isFirst) : SocketClient(port)
{
    private const string Queue = "jobs";
    private const byte MethodFrame = 1;
    private const byte HeaderFrame = 2;
    private const byte BodyFrame = 3;
    private const byte HeartbeatFrame = 8;
    private const byte FrameEnd = 0xCE;
    private const int Persistent = 2;

    // What the server proposes; it takes no more, and 0 would be more.
    private const ushort ChannelsMax = 2047;
    private const uint FrameBytesMax = 131_072;

    // Class and method in one number.
    private const uint ConnectionStartOk = 10 << 16 | 11;
    private const uint ConnectionTuneOk = 10 << 16 | 31;
    private const uint ConnectionOpen = 10 << 16 | 40;
    private const uint ConnectionClose = 10 << 16 | 50;
    private const uint ChannelClose = 20 << 16 | 40;
    private const uint ChannelOpen = 20 << 16 | 10;
    private const uint QueueDeclare = 50 << 16 | 10;
    private const uint ConfirmSelect = 85 << 16 | 10;
    private const uint BasicPublish = 60 << 16 | 40;
    private const uint BasicAck = 60 << 16 | 80;

    private readonly byte[] _publish = Publish(message);

    /// <inheritdoc/>
    public override async ValueTask<LoadOutcome> CallAsync()
    {
        await SendAsync(_publish);
        uint method = await ReadMethodAsync();
        return method == BasicAck ? new LoadOutcome(1) : new LoadOutcome(0, $"method {method >> 16}.{method & 0xffff}");
    }

    /// <inheritdoc/>
    protected override async Task GreetAsync()
    {
        await SendAsync("AMQP\0\0\u0009\u0001"u8.ToArray());
        await ReadMethodAsync();
        await AskAsync(0, ConnectionStartOk, static w => w
            .Long(0).Short("PLAIN").LongText("\0guest\0guest").Short("en_US"));
        await SendAsync(Method(0, ConnectionTuneOk, static w => w.Int16(ChannelsMax).Long(FrameBytesMax).Int16(0)));
        await AskAsync(0, ConnectionOpen, static w => w.Short("/").Short("").Octet(0));
        await AskAsync(1, ChannelOpen, static w => w.Short(""));
        if (isFirst)
        {
            // Durable, with arguments: a quorum queue on three nodes.
            await AskAsync(1, QueueDeclare, static w => w.Int16(0).Short(Queue).Octet(0b10).LongText(
                Arguments("x-queue-type", "quorum")));
        }

        await AskAsync(1, ConfirmSelect, static w => w.Octet(0));
    }

    /// <summary>A field table without its length: names and long strings.</summary>
    private static string Arguments(string name, string value)
    {
        byte[] table = new AmqpWriter().Short(name).Octet((byte)'S').LongText(value).ToArray();
        return Encoding.Latin1.GetString(table);
    }

    private static byte[] Publish(byte[] message)
    {
        byte[] header = new AmqpWriter().Int16(60).Int16(0).Long(0).Long((uint)message.Length)
            .Int16(1 << 12).Octet(Persistent).ToArray();
        return
        [
            .. Method(1, BasicPublish, static w => w.Int16(0).Short("").Short(Queue).Octet(0)),
            .. Frame(HeaderFrame, 1, header),
            .. Frame(BodyFrame, 1, message),
        ];
    }

    private static byte[] Method(ushort channel, uint method, Func<AmqpWriter, AmqpWriter> arguments) =>
        Frame(MethodFrame, channel, arguments(new AmqpWriter().Long(method)).ToArray());

    private static byte[] Frame(byte type, ushort channel, byte[] payload) =>
        [.. new AmqpWriter().Octet(type).Int16(channel).Long((uint)payload.Length).ToArray(), .. payload, FrameEnd];

    private async Task AskAsync(ushort channel, uint method, Func<AmqpWriter, AmqpWriter> arguments)
    {
        await SendAsync(Method(channel, method, arguments));
        uint answer = await ReadMethodAsync();
        if (answer >> 16 != method >> 16 || answer is ConnectionClose or ChannelClose)
        {
            throw new IOException($"{method >> 16}.{method & 0xffff} is answered by {answer >> 16}.{answer & 0xffff}");
        }
    }

    private async ValueTask<uint> ReadMethodAsync()
    {
        while (true)
        {
            ReadOnlyMemory<byte> head = await ReadBytesAsync(7);
            byte type = head.Span[0];
            int length = BinaryPrimitives.ReadInt32BigEndian(head.Span[3..]);
            ReadOnlyMemory<byte> payload = await ReadBytesAsync(length + 1);
            if (type == MethodFrame)
            {
                return BinaryPrimitives.ReadUInt32BigEndian(payload.Span);
            }

            if (type != HeartbeatFrame)
            {
                throw new IOException($"a frame of type {type} was not asked for");
            }
        }
    }

    /// <summary>Writes the types of AMQP.</summary>
    private sealed class AmqpWriter
    {
        private readonly List<byte> _bytes = [];

        public AmqpWriter Octet(byte value)
        {
            _bytes.Add(value);
            return this;
        }

        public AmqpWriter Int16(ushort value) => Octet((byte)(value >> 8)).Octet((byte)value);

        public AmqpWriter Long(uint value) => Int16((ushort)(value >> 16)).Int16((ushort)value);

        public AmqpWriter Short(string text)
        {
            _bytes.Add((byte)text.Length);
            _bytes.AddRange(Encoding.Latin1.GetBytes(text));
            return this;
        }

        public AmqpWriter LongText(string text)
        {
            Long((uint)text.Length);
            _bytes.AddRange(Encoding.Latin1.GetBytes(text));
            return this;
        }

        public byte[] ToArray() => [.. _bytes];
    }
}
