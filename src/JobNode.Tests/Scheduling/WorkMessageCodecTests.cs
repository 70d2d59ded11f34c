using System.Buffers;
using JobNode.Commands;
using JobNode.Scheduling;

namespace JobNode.Tests.Scheduling;

public class WorkMessageCodecTests
{
    private const int Seed = 20260101;

    private static readonly HashRates Rates = new(1.5e7, 5.5, 1.8e6);

    [Fact]
    public void Every_message_comes_back_as_it_was()
    {
        var random = new Random(Seed);
        foreach (WorkMessage message in Samples(random))
        {
            byte[] bytes = Encode(message);
            WorkMessage back = WorkMessageCodec.Decode(bytes);
            Assert.IsType(message.GetType(), back);
            Assert.Equal(bytes, Encode(back));
        }
    }

    [Fact]
    public void Fields_come_back_as_they_were()
    {
        var job = new JobInHand(new JobId(7), Digest(new Random(1)), 5, 9, 3);
        var hello = new WorkHello(
            2, 32, Rates, "avx512", [job], [new JobResult(new JobId(8), Digest(new Random(2)))]);
        var back = Assert.IsType<WorkHello>(WorkMessageCodec.Decode(Encode(hello)));
        Assert.Equal(hello.InHand, back.InHand);
        Assert.Equal(hello.Finished, back.Finished);
        Assert.Equal(
            (2, 32, Rates, "avx512"),
            (back.HashThreads, back.Lanes, back.Rates, back.KernelPath));
    }

    [Fact]
    public void Cut_or_lengthened_messages_are_refused()
    {
        foreach (WorkMessage message in Samples(new Random(Seed)))
        {
            byte[] bytes = Encode(message);
            for (int length = 0; length < bytes.Length; length += Math.Max(1, bytes.Length / 50))
            {
                Assert.Throws<InvalidDataException>(() => WorkMessageCodec.Decode(bytes.AsSpan(0, length)));
            }

            Assert.Throws<InvalidDataException>(() => WorkMessageCodec.Decode([.. bytes, 0]));
        }
    }

    [Fact]
    public void Random_and_mutated_bytes_are_read_or_refused_and_nothing_else()
    {
        var random = new Random(Seed);
        byte[][] samples = [.. Samples(random).Select(Encode)];
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes;
            if (i % 2 == 0)
            {
                bytes = new byte[random.Next(200)];
                random.NextBytes(bytes);
            }
            else
            {
                bytes = (byte[])samples[random.Next(samples.Length)].Clone();
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                WorkMessage message = WorkMessageCodec.Decode(bytes);
                Assert.Equal(bytes, Encode(message));
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.True(refused > 5_000, $"seed {Seed}: only {refused} refused");
    }

    [Fact]
    public void Job_past_its_end_is_refused()
    {
        byte[] bytes = Encode(new WorkAssign([new JobInHand(new JobId(7), default, 9, 9, 0)]));
        Assert.Throws<InvalidDataException>(() => WorkMessageCodec.Decode(bytes));
    }

    [Fact]
    public void Fullest_hello_fits_a_frame()
    {
        JobInHand[] inHand = Enumerable.Range(0, SchedulingLimits.HandJobsMax)
            .Select(static i => new JobInHand(new JobId((UInt128)i), default, 1, 2, 0)).ToArray();
        Assert.InRange(Encode(new WorkHello(1, 1, Rates, "scalar", inHand, [])).Length, 1, Limits.FrameBytesMax);
    }

    [Fact]
    public void Report_comes_back_as_it_was()
    {
        var row = new NodeWork(new NodeId(5), 2, 32, 31, 64, Rates, "avx2");
        var report = new WorkReport([row], 7, 2.5, DateTimeOffset.UnixEpoch.AddMilliseconds(1234));
        WorkReport back = Assert.IsType<WorkReported>(WorkMessageCodec.Decode(Encode(new WorkReported(report)))).Report;
        Assert.Equal(report.Nodes, back.Nodes);
        Assert.Equal(report with { Nodes = back.Nodes }, back);
    }

    private static IEnumerable<WorkMessage> Samples(Random random)
    {
        JobId NextId() => new(new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()));
        ChainProgress[] chains = [new(NextId(), Digest(random), 12), new(NextId(), Digest(random), ulong.MaxValue)];
        JobInHand[] jobs = [new(NextId(), Digest(random), 1, 2, 0), new(NextId(), Digest(random), 5, 6, 9)];
        JobResult[] results = [new(NextId(), Digest(random))];
        var row = new NodeWork(new NodeId(ulong.MaxValue), 2, 32, 31, 64, Rates, "avx2");
        yield return new WorkHello(2, 32, Rates, "scalar", jobs, results);
        yield return new WorkHello(0, 0, default, "", [], []);
        yield return new WorkAssign(jobs);
        yield return new WorkDrop([NextId(), NextId()]);
        yield return new WorkProgress(3, Rates, chains);
        yield return new WorkFinished(results);
        yield return new WorkSettled([NextId()]);
        yield return new WorkLeaving(chains);
        yield return new WorkReported(new WorkReport([row], 7, 2.5, DateTimeOffset.UnixEpoch.AddMilliseconds(1234)));
        yield return new WorkVerified(new VerifyReport(1, 2, 3, 4, 5, [new NodeId(6), new NodeId(7)]));
        yield return new ProgressQuestion(1, NextId());
        yield return new ProgressAnswer(1, chains[0]);
        yield return new ProgressAnswer(2, null);
    }

    private static Digest512 Digest(Random random)
    {
        byte[] bytes = new byte[Digest512.SizeBytes];
        random.NextBytes(bytes);
        return Digest512.From(bytes);
    }

    private static byte[] Encode(WorkMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        WorkMessageCodec.Encode(message, buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
