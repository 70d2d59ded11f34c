using System.Buffers;
using BenchmarkDotNet.Attributes;
using JobNode.Commands;

namespace JobNode.Bench;

/// <summary>What do commands and entries cost to write and to read? Time per job.</summary>
[MemoryDiagnoser]
public class CommandCodecBenchmark
{
    private const int BatchJobs = 1_000;

    private readonly ArrayBufferWriter<byte> _buffer = new(1 << 20);
    private Enqueue _enqueue = null!;
    private byte[] _encoded = [];

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        var jobs = new NewJob[BatchJobs];
        byte[] chain = new byte[Digest512.SizeBytes];
        for (int i = 0; i < jobs.Length; i++)
        {
            random.NextBytes(chain);
            jobs[i] = new NewJob(
                new JobId(new UInt128((ulong)random.NextInt64(), 1)), Digest512.From(chain), 1_000, 0, UInt128.Zero);
        }

        _enqueue = new Enqueue(jobs);
        CommandCodec.Encode(_enqueue, _buffer);
        _encoded = _buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writing an enqueue of a thousand jobs.</summary>
    [Benchmark(OperationsPerInvoke = BatchJobs)]
    public int Encode()
    {
        _buffer.ResetWrittenCount();
        CommandCodec.Encode(_enqueue, _buffer);
        return _buffer.WrittenCount;
    }

    /// <summary>Reading it.</summary>
    [Benchmark(OperationsPerInvoke = BatchJobs)]
    public int Decode() => ((Enqueue)CommandCodec.Decode(_encoded)).Jobs.Count;
}
