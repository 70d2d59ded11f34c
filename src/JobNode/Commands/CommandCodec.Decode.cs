using System.Text;

namespace JobNode.Commands;

/// <content>Reading commands: every field is checked against <see cref="Limits"/>, the length must be exact.</content>
internal static partial class CommandCodec
{
    /// <summary>Reads one command that fills <paramref name="source"/> exactly.</summary>
    /// <exception cref="InvalidDataException">Not a command of a known version; the message says where and
    /// why.</exception>
    public static Command Decode(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source, "command");
        byte version = reader.ReadByte("version");
        byte kind = reader.ReadByte("kind");
        reader.Require(
            IsKnown(version, (Kind)kind),
            "version",
            $"{version} of kind {kind} is unknown, this build knows feature level {FeatureLevels.Latest}");
        Command command = (Kind)kind switch
        {
            Kind.Enqueue => ReadEnqueue(ref reader),
            Kind.Complete => ReadComplete(ref reader),
            Kind.Checkpoint => new Checkpoint(ReadProgress(ref reader, namesWorkers: version == SecondVersion))
            {
                NamesWorkers = version == SecondVersion,
            },
            Kind.Pull => ReadPull(ref reader),
            Kind.Cancel => new Cancel(reader.ReadJobId()),
            Kind.Expire => ReadExpire(ref reader),
            Kind.Recall => new Recall(ReadProgress(ref reader, namesWorkers: false)),
            Kind.Quarantine => ReadQuarantine(ref reader),
            Kind.Release => new Release(ReadNode(ref reader)),
            _ => throw new InvalidDataException($"command: kind {kind} is unknown"),
        };
        reader.RequireEnd();
        return command;
    }

    private static Enqueue ReadEnqueue(ref WireReader reader)
    {
        var jobs = new NewJob[ReadCount(ref reader, NewJobBytes, Limits.JobsPerCommandMax)];
        for (int i = 0; i < jobs.Length; i++)
        {
            JobId id = reader.ReadJobId();
            Digest512 chain = reader.ReadDigest("chain");
            ulong total = reader.ReadUInt64("iterations");
            RequireIterations(ref reader, total);
            byte flags = reader.ReadByte("flags");
            byte priority = (byte)(flags & ~HasKeyFlag);
            reader.Require(
                priority <= Limits.PriorityMax, "priority", $"{priority} is over {Limits.PriorityMax}");
            UInt128 key = UInt128.Zero;
            if ((flags & HasKeyFlag) != 0)
            {
                key = reader.ReadUInt128("idempotency key");
                reader.Require(key != UInt128.Zero, "idempotency key", $"is announced but zero");
            }

            jobs[i] = new NewJob(id, chain, total, priority, key);
        }

        return new Enqueue(jobs);
    }

    private static Complete ReadComplete(ref WireReader reader)
    {
        var chains = new FinishedChain[ReadCount(ref reader, ChainBytes, Limits.JobsPerCommandMax)];
        for (int i = 0; i < chains.Length; i++)
        {
            JobId id = reader.ReadJobId();
            Digest512 result = reader.ReadDigest("result");
            chains[i] = new FinishedChain(id, result, new NodeId(reader.ReadUInt64("worker")));
        }

        return new Complete(chains);
    }

    private static bool IsKnown(byte version, Kind kind) => version switch
    {
        Version => kind < Kind.Recall || FeatureLevels.Latest >= FeatureLevels.Quarantine,
        SecondVersion => kind == Kind.Checkpoint && FeatureLevels.Latest >= FeatureLevels.CheckpointWorkers,
        _ => false,
    };

    private static NodeId ReadNode(ref WireReader reader)
    {
        var node = new NodeId(reader.ReadUInt64("node"));
        reader.Require(node != NodeId.None, "node", $"is zero");
        return node;
    }

    private static Quarantine ReadQuarantine(ref WireReader reader)
    {
        NodeId node = ReadNode(ref reader);
        int length = reader.ReadUInt16("reason");
        reader.Require(
            length is >= 1 and <= Limits.ReasonBytesMax,
            "reason",
            $"of {length} bytes is not within 1 to {Limits.ReasonBytesMax}");
        try
        {
            return new Quarantine(node, _text.GetString(reader.Take(length, "reason")));
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException("command: reason is not UTF-8", exception);
        }
    }

    private static ChainProgress[] ReadProgress(ref WireReader reader, bool namesWorkers)
    {
        int itemBytes = ChainBytes + (namesWorkers ? sizeof(ulong) : 0);
        var chains = new ChainProgress[ReadCount(ref reader, itemBytes, Limits.JobsPerCommandMax)];
        for (int i = 0; i < chains.Length; i++)
        {
            JobId id = reader.ReadJobId();
            Digest512 chain = reader.ReadDigest("chain");
            ulong done = reader.ReadUInt64("iterations");
            RequireIterations(ref reader, done);
            chains[i] = new ChainProgress(id, chain, done)
            {
                Worker = namesWorkers ? new NodeId(reader.ReadUInt64("worker")) : NodeId.None,
            };
        }

        return chains;
    }

    private static Pull ReadPull(ref WireReader reader)
    {
        UInt128 key = reader.ReadUInt128("key");
        reader.Require(key != UInt128.Zero, "key", $"of a pull is zero");
        int top = reader.ReadUInt16("top");
        reader.Require(top is >= 1 and <= Limits.PullTopMax, "top", $"{top} is not within 1 to {Limits.PullTopMax}");
        byte order = reader.ReadByte("order");
        reader.Require(order <= (byte)PullOrder.Newest, "order", $"{order} is unknown");
        return new Pull(key, top, (PullOrder)order);
    }

    private static Expire ReadExpire(ref WireReader reader)
    {
        ulong finishedBeforeMs = reader.ReadUInt64("finished before");
        ulong unpulledBeforeMs = reader.ReadUInt64("unpulled before");
        uint max = reader.ReadUInt32("max");
        reader.Require(
            max is >= 1 and <= Limits.JobsPerCommandMax, "max", $"{max} is not within 1 to {Limits.JobsPerCommandMax}");
        return new Expire(finishedBeforeMs, unpulledBeforeMs, (int)max);
    }

    /// <summary>
    /// Reads a count and checks that so many items can follow, so that a lie cannot make us allocate.
    /// </summary>
    private static int ReadCount(ref WireReader reader, int itemBytesMin, int countMax)
    {
        int count = reader.ReadUInt16("count");
        reader.Require(count >= 1 && count <= countMax, "count", $"{count} is not within 1 to {countMax}");
        reader.Require(
            (long)count * itemBytesMin <= reader.Remaining,
            "count",
            $"{count} needs at least {(long)count * itemBytesMin} bytes, {reader.Remaining} follow");
        return count;
    }

    private static void RequireIterations(ref WireReader reader, ulong iterations) => reader.Require(
        iterations is >= 1 and <= Limits.IterationsMax,
        "iterations",
        $"{iterations} are not within 1 to {Limits.IterationsMax}");
}
