using System.Text;
using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// The state frozen at one log index. Slots, indexes and chunk layout are not in the bytes: only what the state means.
/// </summary>
/// <remarks>
/// Little-endian:
/// <code>
/// version:1 appliedIndex:8 lastTime:8 mismatches:8 { first:8 next:8 } of the queues: pending by falling priority,
/// completed, pulled, cancelled, and the pulls jobs:4 pulls:4 { flags:1 priority:1 id:16 chain:64 done:8 total:8
/// enqueued:8 finished:8 sequence:8 [key:16 fingerprint:16] }
///     flags = state, 0x80 when an idempotency key follows
/// { key:16 time:8 sequence:8 firstSequence:8 jobCount:4 }
/// version 2: count:2 { node:8 since:8 length:2 reason } of the nodes in quarantine
/// digest:16
/// </code>
/// Version 2 is written only while a node is in quarantine: from <see cref="FeatureLevels.Quarantine"/> on.
/// The upgrade procedure is that of <see cref="CommandCodec.Version"/>: every reader that ever shipped stays, and a
/// version is written only when the release before can read it.
/// </remarks>
internal sealed partial class JobSnapshot : IFrozenState
{
    /// <summary>The version that this build writes.</summary>
    public const byte Version = 1;

    /// <summary>The version with the nodes in quarantine.</summary>
    public const byte SecondVersion = 2;

    private const byte HasKeyFlag = 0x80;
    private const int HeaderBytes = 1 + (3 * 8) + (OrderCount * 16) + (2 * sizeof(uint));
    private const int JobBytes = 2 + 16 + Digest512.SizeBytes + (5 * 8);
    private const int KeyBytes = 32;
    private const int PullBytes = 16 + (3 * 8) + sizeof(uint);
    private const int DigestBytes = 16;
    private const int QuarantineBytes = (2 * sizeof(ulong)) + sizeof(ushort);
    private const int BufferBytes = 1 << 16;

    /// <summary>The queues of jobs, and that of the pulls.</summary>
    private const int OrderCount = QueueState.QueueCount + 1;

    private readonly (ulong First, ulong Next)[] _orders = new (ulong, ulong)[OrderCount];
    private readonly FrozenChunks<JobRecord> _jobs;
    private readonly FrozenChunks<IdempotencyEntry> _keys;
    private readonly FrozenChunks<PullEntry> _pulls;
    private readonly QuarantinedNode[] _quarantined;
    private readonly ulong _lastTimeMs;
    private readonly ulong _resultMismatches;
    private readonly int _jobCount;
    private readonly int _pullCount;
    private readonly UInt128 _digest;

    /// <summary>Freezes a state: copies the counters and the lists of chunks, no jobs.</summary>
    public JobSnapshot(QueueState state, ulong appliedIndex)
    {
        state.CheckCounts();
        AppliedIndex = appliedIndex;
        for (int ordinal = 0; ordinal < OrderCount; ordinal++)
        {
            SequenceQueue queue = OrderAt(state, ordinal);
            _orders[ordinal] = (queue.First, queue.Next);
        }

        _jobs = state.Jobs.Freeze();
        _keys = state.Keys.Freeze();
        _pulls = state.Pulls.Freeze();
        _quarantined = state.Quarantined.ToArray();
        _lastTimeMs = state.LastTimeMs;
        _resultMismatches = state.ResultMismatches;
        _jobCount = state.Jobs.Count;
        _pullCount = state.Pulls.Count;
        _digest = state.Digest;
    }

    /// <inheritdoc/>
    public ulong AppliedIndex { get; }

    /// <inheritdoc/>
    public void Write(Stream destination)
    {
        byte[] buffer = new byte[BufferBytes];
        int used = WriteHeader(buffer);
        int jobs = 0;
        for (int slot = 0; slot < _jobs.SlotsEnd; slot++)
        {
            ref readonly JobRecord record = ref _jobs[slot];
            if (!record.IsFree)
            {
                used = MakeRoom(destination, buffer, used, JobBytes + KeyBytes);
                used += WriteJob(buffer.AsSpan(used), record);
                jobs++;
            }
        }

        int pulls = 0;
        for (int slot = 0; slot < _pulls.SlotsEnd; slot++)
        {
            ref readonly PullEntry pull = ref _pulls[slot];
            if (pull.JobCount != 0)
            {
                used = MakeRoom(destination, buffer, used, PullBytes);
                used += WritePull(buffer.AsSpan(used), pull);
                pulls++;
            }
        }

        Invariant.That(jobs == _jobCount, "a frozen state holds the jobs it counted");
        Invariant.That(pulls == _pullCount, "a frozen state holds the pulls it counted");
        used = WriteQuarantined(destination, buffer, used);
        used = MakeRoom(destination, buffer, used, DigestBytes);
        var writer = new WireWriter(buffer.AsSpan(used));
        writer.Write(_digest);
        destination.Write(buffer, 0, used + DigestBytes);
    }

    /// <summary>Nothing to give back: the chunks are the collector's.</summary>
    public void Dispose()
    {
    }

    private static SequenceQueue OrderAt(QueueState state, int ordinal) =>
        ordinal < QueueState.QueueCount ? state.QueueAt(ordinal) : state.Pulls.Order;

    private static int MakeRoom(Stream destination, byte[] buffer, int used, int needed)
    {
        if (used + needed <= buffer.Length)
        {
            return used;
        }

        destination.Write(buffer, 0, used);
        return 0;
    }

    private int WriteHeader(Span<byte> destination)
    {
        var writer = new WireWriter(destination);
        writer.Write(_quarantined.Length == 0 ? Version : SecondVersion);
        writer.Write(AppliedIndex);
        writer.Write(_lastTimeMs);
        writer.Write(_resultMismatches);
        foreach ((ulong first, ulong next) in _orders)
        {
            writer.Write(first);
            writer.Write(next);
        }

        writer.Write((uint)_jobCount);
        writer.Write((uint)_pullCount);
        Invariant.That(writer.Position == HeaderBytes, "a header has its size");
        return writer.Position;
    }

    private int WriteJob(Span<byte> destination, in JobRecord record)
    {
        var writer = new WireWriter(destination);
        bool hasKey = record.KeyEntry != 0;
        writer.Write((byte)((byte)record.State | (hasKey ? HasKeyFlag : 0)));
        writer.Write(record.Priority);
        writer.Write(record.Id);
        writer.Write(record.Chain);
        writer.Write(record.IterationsDone);
        writer.Write(record.IterationsTotal);
        writer.Write(record.EnqueuedAtMs);
        writer.Write(record.FinishedAtMs);
        writer.Write(record.Sequence);
        if (hasKey)
        {
            ref readonly IdempotencyEntry entry = ref _keys[record.KeyEntry - 1];
            writer.Write(entry.Key);
            writer.Write(entry.Fingerprint);
        }

        return writer.Position;
    }

    private static int WritePull(Span<byte> destination, in PullEntry pull)
    {
        var writer = new WireWriter(destination);
        writer.Write(pull.Key);
        writer.Write(pull.TimeMs);
        writer.Write(pull.Sequence);
        writer.Write(pull.FirstSequence);
        writer.Write((uint)pull.JobCount);
        return writer.Position;
    }

    private int WriteQuarantined(Stream destination, byte[] buffer, int used)
    {
        if (_quarantined.Length == 0)
        {
            return used;
        }

        used = MakeRoom(destination, buffer, used, sizeof(ushort));
        new WireWriter(buffer.AsSpan(used)).Write((ushort)_quarantined.Length);
        used += sizeof(ushort);
        foreach (QuarantinedNode node in _quarantined)
        {
            byte[] reason = Encoding.UTF8.GetBytes(node.Reason);
            used = MakeRoom(destination, buffer, used, QuarantineBytes + reason.Length);
            var writer = new WireWriter(buffer.AsSpan(used));
            writer.Write(node.Node.Value);
            writer.Write(node.SinceMs);
            writer.Write((ushort)reason.Length);
            writer.Write(reason);
            used += writer.Position;
        }

        return used;
    }
}
