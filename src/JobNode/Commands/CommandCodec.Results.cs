using System.Buffers;

namespace JobNode.Commands;

/// <content>
/// Results as bytes: what a leader answers to a node that passed a command on. Same version rule as commands.
/// <code>
/// result  = version:1 kind:1 body
/// Plain   (0) code:1
/// Enqueue (1) count:2 { id:16 code:1 }
/// Chains  (2) count:2 { id:16 code:1 }
/// Pull    (3) count:2 { id:16 result:64 iterations:8 completedAt:8 }      count may be 0
/// Expire  (4) removed:4
/// </code>
/// </content>
internal static partial class CommandCodec
{
    private const int OutcomeBytes = JobId.SizeBytes + 1;
    private const int PulledJobBytes = JobId.SizeBytes + Digest512.SizeBytes + (2 * sizeof(ulong));

    private enum ResultKind : byte
    {
        Plain = 0,
        Enqueue = 1,
        Chains = 2,
        Pull = 3,
        Expire = 4,
    }

    /// <summary>Writes a result of any command.</summary>
    public static void EncodeResult(CommandResult result, IBufferWriter<byte> destination)
    {
        int size = ResultSizeBytes(result);
        var writer = new WireWriter(destination.GetSpan(size)[..size]);
        writer.Write(Version);
        switch (result)
        {
            case EnqueueResult enqueue:
                WriteOutcomes(ref writer, ResultKind.Enqueue, enqueue.Jobs);
                break;
            case ChainsResult chains:
                WriteOutcomes(ref writer, ResultKind.Chains, chains.Jobs);
                break;
            case PullResult pull:
                WritePulled(ref writer, pull.Jobs);
                break;
            case ExpireResult expire:
                writer.Write((byte)ResultKind.Expire);
                writer.Write((uint)expire.Removed);
                break;
            default:
                writer.Write((byte)ResultKind.Plain);
                writer.Write((byte)result.Code);
                break;
        }

        writer.Commit(destination);
    }

    /// <summary>Reads one result that fills <paramref name="source"/> exactly.</summary>
    /// <exception cref="InvalidDataException">Not a result of a known version; the message says where and
    /// why.</exception>
    public static CommandResult DecodeResult(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source, "result");
        byte version = reader.ReadByte("version");
        reader.Require(version == Version, "version", $"{version} is unknown, this build reads {Version}");
        byte kind = reader.ReadByte("kind");
        CommandResult result = (ResultKind)kind switch
        {
            ResultKind.Plain => ReadPlain(ref reader),
            ResultKind.Enqueue => new EnqueueResult(ReadOutcomes(ref reader)),
            ResultKind.Chains => new ChainsResult(ReadOutcomes(ref reader)),
            ResultKind.Pull => new PullResult(ReadPulled(ref reader)),
            ResultKind.Expire => ReadRemoved(ref reader),
            _ => throw new InvalidDataException($"result: kind {kind} is unknown"),
        };
        reader.RequireEnd();
        return result;
    }

    private static int ResultSizeBytes(CommandResult result) => HeaderBytes + result switch
    {
        EnqueueResult enqueue => CountBytes + (enqueue.Jobs.Count * OutcomeBytes),
        ChainsResult chains => CountBytes + (chains.Jobs.Count * OutcomeBytes),
        PullResult pull => CountBytes + (pull.Jobs.Count * PulledJobBytes),
        ExpireResult => sizeof(uint),
        _ => 1,
    };

    private static void WriteOutcomes(ref WireWriter writer, ResultKind kind, IReadOnlyList<JobOutcome> jobs)
    {
        Invariant.That(jobs.Count is >= 1 and <= Limits.JobsPerCommandMax, "the size of a batch is within bounds");
        writer.Write((byte)kind);
        writer.Write((ushort)jobs.Count);
        for (int i = 0; i < jobs.Count; i++)
        {
            writer.Write(jobs[i].Id);
            writer.Write((byte)jobs[i].Code);
        }
    }

    private static void WritePulled(ref WireWriter writer, IReadOnlyList<PulledJob> jobs)
    {
        Invariant.That(jobs.Count <= Limits.PullTopMax, "the size of a pull is within bounds");
        writer.Write((byte)ResultKind.Pull);
        writer.Write((ushort)jobs.Count);
        for (int i = 0; i < jobs.Count; i++)
        {
            writer.Write(jobs[i].Id);
            writer.Write(jobs[i].Result);
            writer.Write(jobs[i].Iterations);
            writer.Write(jobs[i].CompletedAtMs);
        }
    }

    private static CommandResult ReadPlain(ref WireReader reader)
    {
        ResultCode code = ReadCode(ref reader);
        return code == ResultCode.Ok ? CommandResult.Ok : new CommandResult(code);
    }

    private static JobOutcome[] ReadOutcomes(ref WireReader reader)
    {
        var jobs = new JobOutcome[ReadCount(ref reader, OutcomeBytes, Limits.JobsPerCommandMax)];
        for (int i = 0; i < jobs.Length; i++)
        {
            JobId id = reader.ReadJobId();
            jobs[i] = new JobOutcome(id, ReadCode(ref reader));
        }

        return jobs;
    }

    private static PulledJob[] ReadPulled(ref WireReader reader)
    {
        int count = reader.ReadUInt16("count");
        reader.Require(count <= Limits.PullTopMax, "count", $"{count} is over {Limits.PullTopMax}");
        reader.Require(
            count * PulledJobBytes == reader.Remaining, "count", $"{count} does not fit {reader.Remaining} bytes");
        var jobs = new PulledJob[count];
        for (int i = 0; i < jobs.Length; i++)
        {
            JobId id = reader.ReadJobId();
            Digest512 result = reader.ReadDigest("result");
            ulong iterations = reader.ReadUInt64("iterations");
            RequireIterations(ref reader, iterations);
            jobs[i] = new PulledJob(id, result, iterations, reader.ReadUInt64("completed at"));
        }

        return jobs;
    }

    private static ExpireResult ReadRemoved(ref WireReader reader)
    {
        uint removed = reader.ReadUInt32("removed");
        reader.Require(
            removed <= Limits.JobsPerCommandMax, "removed", $"{removed} is over {Limits.JobsPerCommandMax}");
        return new ExpireResult((int)removed);
    }

    private static ResultCode ReadCode(ref WireReader reader)
    {
        var code = (ResultCode)reader.ReadByte("code");
        bool known = code is (>= ResultCode.Ok and <= ResultCode.StaleCheckpoint)
            or (>= ResultCode.NotLeader and <= ResultCode.DiskLow);
        reader.Require(known, "code", $"{(byte)code} is unknown");
        return code;
    }
}
