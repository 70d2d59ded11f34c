using System.Buffers;
using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// Work messages as bytes: a version, a kind, then the fields in order, little-endian; lists are a 32-bit count and the
/// elements. Decoding is strict: a wrong count, range or length, or bytes left over, is an
/// <see cref="InvalidDataException"/>, and the stream that carried it is closed.
/// </summary>
/// <remarks>
/// Upgrade: nodes of two versions run side by side while a cluster is updated. Raise <see cref="Version"/> only for
/// a change that the old reader cannot take, keep reading the old one for a release, and write the old one until all
/// members' hellos show the new one.
/// </remarks>
internal static class WorkMessageCodec
{
    /// <summary>First byte of every message.</summary>
    public const byte Version = 1;

    private enum Kind : byte
    {
        Hello = 1,
        Assign = 2,
        Drop = 3,
        Progress = 4,
        Finished = 5,
        Settled = 6,
        Leaving = 7,
        Reported = 8,
        Question = 9,
        Answer = 10,
        Verified = 11,
    }

    /// <summary>Writes one message.</summary>
    public static void Encode(WorkMessage message, IBufferWriter<byte> destination)
    {
        var writer = new MessageWriter(destination);
        writer.Byte(Version);
        switch (message)
        {
            case WorkHello hello:
                writer.Byte((byte)Kind.Hello);
                EncodeHello(writer, hello);
                break;
            case WorkAssign assign:
                writer.Byte((byte)Kind.Assign);
                EncodeJobs(writer, assign.Jobs);
                break;
            case WorkDrop drop:
                writer.Byte((byte)Kind.Drop);
                EncodeIds(writer, drop.Jobs);
                break;
            case WorkProgress progress:
                writer.Byte((byte)Kind.Progress);
                writer.Int32(progress.LanesBusy);
                EncodeRates(writer, progress.Rates);
                EncodeChains(writer, progress.Moved);
                break;
            case WorkFinished finished:
                writer.Byte((byte)Kind.Finished);
                EncodeResults(writer, finished.Results);
                break;
            case WorkSettled settled:
                writer.Byte((byte)Kind.Settled);
                EncodeIds(writer, settled.Jobs);
                break;
            case WorkLeaving leaving:
                writer.Byte((byte)Kind.Leaving);
                EncodeChains(writer, leaving.InHand);
                break;
            case WorkReported reported:
                writer.Byte((byte)Kind.Reported);
                EncodeReport(writer, reported.Report);
                break;
            case WorkVerified verified:
                writer.Byte((byte)Kind.Verified);
                EncodeVerified(writer, verified.Report);
                break;
            case ProgressQuestion question:
                writer.Byte((byte)Kind.Question);
                writer.UInt64(question.Number);
                writer.Id(question.Id);
                break;
            case ProgressAnswer answer:
                writer.Byte((byte)Kind.Answer);
                writer.UInt64(answer.Number);
                EncodeChains(writer, answer.Progress is { } known ? [known] : []);
                break;
            default:
                throw new InvariantException($"no wire form for {message.GetType().Name}");
        }
    }

    /// <summary>Reads one message that takes up all of <paramref name="source"/>.</summary>
    /// <exception cref="InvalidDataException">The bytes are not exactly one message of this version.</exception>
    public static WorkMessage Decode(ReadOnlySpan<byte> source)
    {
        var reader = new MessageReader(source);
        byte version = reader.Byte();
        if (version != Version)
        {
            throw new InvalidDataException($"work message of version {version}; this node reads version {Version}");
        }

        var kind = (Kind)reader.Byte();
        WorkMessage message = kind switch
        {
            Kind.Hello => DecodeHello(ref reader),
            Kind.Assign => new WorkAssign(DecodeJobs(ref reader, SchedulingLimits.JobsPerMessageMax)),
            Kind.Drop => new WorkDrop(DecodeIds(ref reader)),
            Kind.Progress => DecodeProgress(ref reader),
            Kind.Finished => new WorkFinished(DecodeResults(ref reader, SchedulingLimits.JobsPerMessageMax)),
            Kind.Settled => new WorkSettled(DecodeIds(ref reader)),
            Kind.Leaving => new WorkLeaving(DecodeChains(ref reader)),
            Kind.Reported => new WorkReported(DecodeReport(ref reader)),
            Kind.Verified => new WorkVerified(DecodeVerified(ref reader)),
            Kind.Question => new ProgressQuestion(reader.UInt64(), reader.Id()),
            Kind.Answer => DecodeAnswer(ref reader),
            _ => throw new InvalidDataException($"work message of unknown kind {(byte)kind}"),
        };
        reader.End();
        return message;
    }

    private static void EncodeHello(MessageWriter writer, WorkHello hello)
    {
        writer.Int32(hello.HashThreads);
        writer.Int32(hello.Lanes);
        EncodeRates(writer, hello.Rates);
        writer.Text(hello.KernelPath);
        EncodeJobs(writer, hello.InHand);
        EncodeResults(writer, hello.Finished);
    }

    private static WorkHello DecodeHello(ref MessageReader reader)
    {
        int threads = reader.Count(SchedulingLimits.HandJobsMax, 0);
        int lanes = reader.Count(SchedulingLimits.HandJobsMax, 0);
        HashRates rates = DecodeRates(ref reader);
        string path = reader.Text(SchedulingLimits.KernelPathCharactersMax);
        List<JobInHand> inHand = DecodeJobs(ref reader, SchedulingLimits.HandJobsMax);
        List<JobResult> finished = DecodeResults(ref reader, SchedulingLimits.HandJobsMax);
        if (lanes < threads)
        {
            throw new InvalidDataException($"{threads} hash threads cannot have {lanes} lanes");
        }

        return new WorkHello(threads, lanes, rates, path, inHand, finished);
    }

    private static WorkProgress DecodeProgress(ref MessageReader reader)
    {
        int busy = reader.Count(SchedulingLimits.HandJobsMax, 0);
        HashRates rates = DecodeRates(ref reader);
        return new WorkProgress(busy, rates, DecodeChains(ref reader));
    }

    private static ProgressAnswer DecodeAnswer(ref MessageReader reader)
    {
        ulong number = reader.UInt64();
        List<ChainProgress> chains = DecodeChains(ref reader);
        return chains.Count <= 1
            ? new ProgressAnswer(number, chains.Count == 1 ? chains[0] : null)
            : throw new InvalidDataException($"one answer holds {chains.Count} jobs");
    }

    private static void EncodeJobs(MessageWriter writer, IReadOnlyList<JobInHand> jobs)
    {
        writer.Int32(jobs.Count);
        foreach (JobInHand job in jobs)
        {
            writer.Id(job.Id);
            writer.Digest(job.Chain);
            writer.UInt64(job.IterationsDone);
            writer.UInt64(job.IterationsTotal);
            writer.Byte(job.Priority);
        }
    }

    private static List<JobInHand> DecodeJobs(ref MessageReader reader, int max)
    {
        int count = reader.Count(max, JobId.SizeBytes + Digest512.SizeBytes + 8 + 8 + 1);
        var jobs = new List<JobInHand>(count);
        for (int i = 0; i < count; i++)
        {
            var job = new JobInHand(reader.Id(), reader.Digest(), reader.UInt64(), reader.UInt64(), reader.Byte());
            if (job.IterationsDone >= job.IterationsTotal
                || job.IterationsTotal > Limits.IterationsMax
                || job.Priority > Limits.PriorityMax)
            {
                throw new InvalidDataException(
                    $"job {job.Id} at {job.IterationsDone} of {job.IterationsTotal}, priority {job.Priority}");
            }

            jobs.Add(job);
        }

        return jobs;
    }

    private static void EncodeResults(MessageWriter writer, IReadOnlyList<JobResult> results)
    {
        writer.Int32(results.Count);
        foreach (JobResult result in results)
        {
            writer.Id(result.Id);
            writer.Digest(result.Result);
        }
    }

    private static List<JobResult> DecodeResults(ref MessageReader reader, int max)
    {
        int count = reader.Count(max, JobId.SizeBytes + Digest512.SizeBytes);
        var results = new List<JobResult>(count);
        for (int i = 0; i < count; i++)
        {
            results.Add(new JobResult(reader.Id(), reader.Digest()));
        }

        return results;
    }

    private static void EncodeChains(MessageWriter writer, IReadOnlyList<ChainProgress> chains)
    {
        writer.Int32(chains.Count);
        foreach (ChainProgress chain in chains)
        {
            writer.Id(chain.Id);
            writer.Digest(chain.Chain);
            writer.UInt64(chain.IterationsDone);
        }
    }

    private static List<ChainProgress> DecodeChains(ref MessageReader reader)
    {
        int count = reader.Count(SchedulingLimits.HandJobsMax, JobId.SizeBytes + Digest512.SizeBytes + 8);
        var chains = new List<ChainProgress>(count);
        for (int i = 0; i < count; i++)
        {
            chains.Add(new ChainProgress(reader.Id(), reader.Digest(), reader.UInt64()));
        }

        return chains;
    }

    private static void EncodeIds(MessageWriter writer, IReadOnlyList<JobId> ids)
    {
        writer.Int32(ids.Count);
        foreach (JobId id in ids)
        {
            writer.Id(id);
        }
    }

    private static List<JobId> DecodeIds(ref MessageReader reader)
    {
        int count = reader.Count(SchedulingLimits.HandJobsMax, JobId.SizeBytes);
        var ids = new List<JobId>(count);
        for (int i = 0; i < count; i++)
        {
            ids.Add(reader.Id());
        }

        return ids;
    }

    private static void EncodeRates(MessageWriter writer, HashRates rates)
    {
        writer.Double(rates.Full);
        writer.Double(rates.Now);
        writer.Double(rates.Chain);
    }

    private static HashRates DecodeRates(ref MessageReader reader) =>
        new(reader.Amount(), reader.Amount(), reader.Amount());

    private static void EncodeReport(MessageWriter writer, WorkReport report)
    {
        writer.UInt64((ulong)report.TakenAt.ToUnixTimeMilliseconds());
        writer.UInt64((ulong)report.RunningJobs);
        writer.Double(report.LongestChainSeconds);
        writer.Int32(report.Nodes.Count);
        foreach (NodeWork node in report.Nodes)
        {
            writer.UInt64(node.Node.Value);
            writer.Int32(node.HashThreads);
            writer.Int32(node.Lanes);
            writer.Int32(node.LanesBusy);
            writer.Int32(node.JobsHeld);
            EncodeRates(writer, node.Rates);
            writer.Text(node.KernelPath);
        }
    }

    private static void EncodeVerified(MessageWriter writer, VerifyReport report)
    {
        writer.UInt64(report.Checked);
        writer.UInt64(report.Differed);
        writer.UInt64(report.Unverified);
        writer.UInt64(report.Recalled);
        writer.UInt64(report.Delivered);
        writer.Int32(report.Suspects.Count);
        foreach (NodeId suspect in report.Suspects)
        {
            writer.UInt64(suspect.Value);
        }
    }

    private static VerifyReport DecodeVerified(ref MessageReader reader)
    {
        ulong good = reader.UInt64();
        ulong differed = reader.UInt64();
        ulong unverified = reader.UInt64();
        ulong recalled = reader.UInt64();
        ulong delivered = reader.UInt64();
        var suspects = new NodeId[reader.Count(SchedulingLimits.SuspectsMax, sizeof(ulong))];
        for (int i = 0; i < suspects.Length; i++)
        {
            suspects[i] = new NodeId(reader.UInt64());
        }

        return new VerifyReport(good, differed, unverified, recalled, delivered, suspects);
    }

    private static WorkReport DecodeReport(ref MessageReader reader)
    {
        DateTimeOffset takenAt = reader.Time();
        ulong running = reader.UInt64();
        if (running > Limits.JobsHeldMax)
        {
            throw new InvalidDataException($"{running} running jobs are more than a cluster holds");
        }

        double longest = reader.Amount();
        int count = reader.Count(SchedulingLimits.ReportNodesMax, 8 + (4 * 4) + (3 * 8) + 1);
        var nodes = new List<NodeWork>(count);
        for (int i = 0; i < count; i++)
        {
            nodes.Add(new NodeWork(
                new NodeId(reader.UInt64()),
                reader.Count(int.MaxValue, 0),
                reader.Count(int.MaxValue, 0),
                reader.Count(int.MaxValue, 0),
                reader.Count(int.MaxValue, 0),
                DecodeRates(ref reader),
                reader.Text(SchedulingLimits.KernelPathCharactersMax)));
        }

        return new WorkReport(nodes, (long)running, longest, takenAt);
    }
}
