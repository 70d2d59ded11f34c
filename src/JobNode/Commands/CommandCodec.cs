using System.Buffers;
using System.Text;

namespace JobNode.Commands;

/// <summary>
/// Commands as bytes: what the log stores and what a node passes on. Little-endian, no padding, one encoding per value.
/// </summary>
/// <remarks>
/// <code>
/// command    = version:1 kind:1 body
/// Enqueue    (1) count:2 { id:16 chain:64 total:8 flags:1 [key:16] }   flags = priority, 0x80 when a key follows
/// Complete   (2) count:2 { id:16 result:64 worker:8 }
/// Checkpoint (3) count:2 { id:16 chain:64 done:8 }            version 2: { id:16 chain:64 done:8 worker:8 }
/// Pull       (4) key:16 top:2 order:1
/// Cancel     (5) id:16
/// Expire     (6) finishedBefore:8 unpulledBefore:8 max:4
/// Recall     (7) count:2 { id:16 chain:64 done:8 }            from feature level 3 on, as the two below
/// Quarantine (8) node:8 length:2 reason (UTF-8)
/// Release    (9) node:8
/// </code>
/// Encoding trusts its caller (bounds are invariants); decoding trusts nobody.
/// </remarks>
internal static partial class CommandCodec
{
    /// <summary>The version that this build writes.</summary>
    /// <remarks>
    /// To change the format: (1) add version n + 1 beside n; Decode picks the reader by the first byte and keeps
    /// every reader that ever shipped, because logs and snapshots on disk hold the old bytes. (2) Ship a release that
    /// reads n + 1 but still writes n, and let every node of a cluster run it. (3) Only in the release after it make
    /// Encode write n + 1. So a node of the previous release never meets bytes that it cannot read, and rolling back
    /// one release stays possible. (4) Keep the golden bytes of n in CommandCodecTests for ever. The state must
    /// come out the same for old bytes on old and new builds: a new field needs a default that means the old behaviour.
    /// </remarks>
    public const byte Version = 1;

    /// <summary>The second form of a kind; which kinds have one, and from which level on, is in the layout.</summary>
    /// <remarks>
    /// A form beyond the first is written only where <see cref="ClusterConfiguration.FeatureLevel"/> has its level, so
    /// step (2) and (3) above are one release, in which the cluster itself finds the moment.
    /// </remarks>
    public const byte SecondVersion = 2;

    private static readonly UTF8Encoding _text = new(false, throwOnInvalidBytes: true);

    private const byte HasKeyFlag = 0x80;
    private const int HeaderBytes = 2;
    private const int CountBytes = 2;
    private const int KeyBytes = 16;
    private const int NewJobBytes = JobId.SizeBytes + Digest512.SizeBytes + sizeof(ulong) + 1;
    private const int ChainBytes = JobId.SizeBytes + Digest512.SizeBytes + sizeof(ulong);

    private enum Kind : byte
    {
        Enqueue = 1,
        Complete = 2,
        Checkpoint = 3,
        Pull = 4,
        Cancel = 5,
        Expire = 6,
        Recall = 7,
        Quarantine = 8,
        Release = 9,
    }

    /// <summary>Writes a valid command; one outside <see cref="Limits"/> breaks an invariant.</summary>
    public static void Encode(Command command, IBufferWriter<byte> destination)
    {
        int size = SizeBytes(command);
        var writer = new WireWriter(destination.GetSpan(size)[..size]);
        writer.Write(command is Checkpoint { NamesWorkers: true } ? SecondVersion : Version);
        switch (command)
        {
            case Enqueue enqueue:
                WriteEnqueue(ref writer, enqueue);
                break;
            case Complete complete:
                WriteComplete(ref writer, complete);
                break;
            case Checkpoint checkpoint:
                WriteProgress(ref writer, Kind.Checkpoint, checkpoint.Chains, checkpoint.NamesWorkers);
                break;
            case Pull pull:
                WritePull(ref writer, pull);
                break;
            case Cancel cancel:
                writer.Write((byte)Kind.Cancel);
                writer.Write(cancel.Id);
                break;
            case Expire expire:
                WriteExpire(ref writer, expire);
                break;
            case Recall recall:
                WriteProgress(ref writer, Kind.Recall, recall.Chains, namesWorkers: false);
                break;
            case Quarantine quarantine:
                WriteQuarantine(ref writer, quarantine);
                break;
            case Release release:
                writer.Write((byte)Kind.Release);
                writer.Write(release.Node.Value);
                break;
        }

        writer.Commit(destination);
    }

    /// <summary>Bytes that <see cref="Encode"/> writes for this command.</summary>
    public static int SizeBytes(Command command) => HeaderBytes + command switch
    {
        Enqueue enqueue => CountBytes + SizeBytes(enqueue.Jobs),
        Complete complete => CountBytes + (complete.Chains.Count * ChainBytes),
        Checkpoint checkpoint => CountBytes
            + (checkpoint.Chains.Count * (ChainBytes + (checkpoint.NamesWorkers ? sizeof(ulong) : 0))),
        Pull => KeyBytes + sizeof(ushort) + 1,
        Cancel => JobId.SizeBytes,
        Expire => (2 * sizeof(ulong)) + sizeof(uint),
        Recall recall => CountBytes + (recall.Chains.Count * ChainBytes),
        Quarantine quarantine => sizeof(ulong) + sizeof(ushort) + _text.GetByteCount(quarantine.Reason),
        Release => sizeof(ulong),
        _ => throw new InvariantException($"no encoding for {command.GetType().Name}"),
    };

    private static int SizeBytes(IReadOnlyList<NewJob> jobs)
    {
        int size = jobs.Count * NewJobBytes;
        for (int i = 0; i < jobs.Count; i++)
        {
            size += jobs[i].IdempotencyKey == UInt128.Zero ? 0 : KeyBytes;
        }

        return size;
    }

    private static void WriteEnqueue(ref WireWriter writer, Enqueue enqueue)
    {
        WriteCount(ref writer, Kind.Enqueue, enqueue.Jobs.Count);
        for (int i = 0; i < enqueue.Jobs.Count; i++)
        {
            NewJob job = enqueue.Jobs[i];
            Invariant.That(job.IterationsTotal is >= 1 and <= Limits.IterationsMax, "iterations are within bounds");
            Invariant.That(job.Priority <= Limits.PriorityMax, "the priority is within bounds");
            bool hasKey = job.IdempotencyKey != UInt128.Zero;
            writer.Write(job.Id);
            writer.Write(job.Chain);
            writer.Write(job.IterationsTotal);
            writer.Write((byte)(job.Priority | (hasKey ? HasKeyFlag : 0)));
            if (hasKey)
            {
                writer.Write(job.IdempotencyKey);
            }
        }
    }

    private static void WriteComplete(ref WireWriter writer, Complete complete)
    {
        WriteCount(ref writer, Kind.Complete, complete.Chains.Count);
        for (int i = 0; i < complete.Chains.Count; i++)
        {
            FinishedChain chain = complete.Chains[i];
            writer.Write(chain.Id);
            writer.Write(chain.Result);
            writer.Write(chain.Worker.Value);
        }
    }

    private static void WriteProgress(
        ref WireWriter writer, Kind kind, IReadOnlyList<ChainProgress> chains, bool namesWorkers)
    {
        WriteCount(ref writer, kind, chains.Count);
        for (int i = 0; i < chains.Count; i++)
        {
            ChainProgress chain = chains[i];
            Invariant.That(chain.IterationsDone is >= 1 and <= Limits.IterationsMax, "iterations are within bounds");
            writer.Write(chain.Id);
            writer.Write(chain.Chain);
            writer.Write(chain.IterationsDone);
            if (namesWorkers)
            {
                writer.Write(chain.Worker.Value);
            }
        }
    }

    private static void WriteQuarantine(ref WireWriter writer, Quarantine quarantine)
    {
        byte[] reason = _text.GetBytes(quarantine.Reason);
        Invariant.That(quarantine.Node != NodeId.None, "a quarantine is that of a node");
        Invariant.That(reason.Length is >= 1 and <= Limits.ReasonBytesMax, "a reason is within bounds");
        writer.Write((byte)Kind.Quarantine);
        writer.Write(quarantine.Node.Value);
        writer.Write((ushort)reason.Length);
        writer.Write(reason);
    }

    private static void WritePull(ref WireWriter writer, Pull pull)
    {
        Invariant.That(pull.Key != UInt128.Zero, "a pull has a key");
        Invariant.That(pull.Top is >= 1 and <= Limits.PullTopMax, "the size of a pull is within bounds");
        Invariant.That(pull.Order is PullOrder.Oldest or PullOrder.Newest, "a pull has a known order");
        writer.Write((byte)Kind.Pull);
        writer.Write(pull.Key);
        writer.Write((ushort)pull.Top);
        writer.Write((byte)pull.Order);
    }

    private static void WriteExpire(ref WireWriter writer, Expire expire)
    {
        Invariant.That(expire.Max is >= 1 and <= Limits.JobsPerCommandMax, "the size of an expiry is within bounds");
        writer.Write((byte)Kind.Expire);
        writer.Write(expire.FinishedBeforeMs);
        writer.Write(expire.UnpulledBeforeMs);
        writer.Write((uint)expire.Max);
    }

    private static void WriteCount(ref WireWriter writer, Kind kind, int count)
    {
        Invariant.That(count is >= 1 and <= Limits.JobsPerCommandMax, "the size of a batch is within bounds");
        writer.Write((byte)kind);
        writer.Write((ushort)count);
    }
}
