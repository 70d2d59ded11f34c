using System.Buffers;
using JobNode.Commands;

namespace JobNode.Tests.Queue;

/// <summary>
/// Random commands from a seed, drawn from so few ids, keys, results and times that they collide all the time.
/// </summary>
internal sealed class RandomHistory(int seed)
{
    private readonly Random _random = new(seed);
    private readonly int _ids = new Random(seed).Next(4, 60);
    private ulong _timeMs = 1_000;

    /// <summary>The next time stamp; sometimes it goes back, as a new leader's clock may.</summary>
    public ulong NextTime()
    {
        _timeMs += (ulong)_random.Next(0, 20);
        return _random.Next(10) == 0 ? _timeMs - (ulong)_random.Next(0, 500) : _timeMs;
    }

    public Command NextCommand() => _random.Next(100) switch
    {
        < 35 => new Enqueue(Several(NewJob)),
        < 53 => new Complete(Several(() => new FinishedChain(Id(), AnyDigest(2), new NodeId(7)))),
        < 60 => new Checkpoint(Several(NewProgress)),
        < 66 => Checkpoint.At(2, Several(() => NewProgress() with { Worker = new NodeId((ulong)_random.Next(3)) })),
        < 72 => new Recall(Several(NewProgress)),
        < 83 => new Pull(
            (UInt128)_random.Next(1, 12), _random.Next(1, 8), (PullOrder)_random.Next(0, 2)),
        < 89 => new Cancel(Id()),
        < 91 => new Quarantine(new NodeId((ulong)_random.Next(1, 4)), $"reason {_random.Next(3)}"),
        < 93 => new Release(new NodeId((ulong)_random.Next(1, 4))),
        _ => new Expire(Cutoff(), _random.Next(2) == 0 ? 0 : Cutoff(), _random.Next(1, 20)),
    };

    public static Digest512 DigestOf(int value)
    {
        Digest512 digest = default;
        BitConverter.TryWriteBytes(digest.Bytes[8..], value + 1);
        return digest;
    }

    public static JobId IdOf(int value) => new(((UInt128)0x0190 << 112) + (UInt128)value);

    public static string Show(CommandResult result)
    {
        var bytes = new ArrayBufferWriter<byte>();
        CommandCodec.EncodeResult(result, bytes);
        return $"{result.GetType().Name} {Convert.ToHexStringLower(bytes.WrittenSpan)}";
    }

    private NewJob NewJob() => new(
        Id(),
        AnyDigest(2),
        (ulong)_random.Next(1, 12),
        (byte)_random.Next(0, Limits.PriorityMax + 1),
        (UInt128)Math.Max(0, _random.Next(-20, 10)));

    private ChainProgress NewProgress() => new(Id(), AnyDigest(2), (ulong)_random.Next(1, 12));

    private T[] Several<T>(Func<T> one) => [.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => one())];

    private JobId Id() => IdOf(_random.Next(_ids));

    private Digest512 AnyDigest(int different) => DigestOf(_random.Next(different));

    private ulong Cutoff() => _timeMs - Math.Min(_timeMs, (ulong)_random.Next(0, 300));
}
