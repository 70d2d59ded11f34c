using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using JobNode.Commands;

namespace JobNode.Queue;

/// <content>Reading a snapshot: everything is checked, and at the end the digest of the rebuilt state.</content>
internal sealed partial class JobSnapshot
{
    /// <summary>Rebuilds a state in <paramref name="state"/>, which must be new, and gives its log index.</summary>
    /// <exception cref="InvalidDataException">The bytes are no snapshot, or do not fit together.</exception>
    public static ulong Read(Stream source, QueueState state)
    {
        var input = new SnapshotInput(source);
        if (input.AtEnd)
        {
            return 0;
        }

        byte version = input.Next(1)[0];
        bool hasQuarantined = version == SecondVersion && FeatureLevels.Latest >= FeatureLevels.Quarantine;
        Require(
            version == Version || hasQuarantined,
            $"version {version} is unknown, this build knows feature level {FeatureLevels.Latest}");
        var header = new WireReader(input.Next(HeaderBytes - 1), "snapshot");
        ulong appliedIndex = header.ReadUInt64("applied index");
        state.LastTimeMs = header.ReadUInt64("last time");
        state.ResultMismatches = header.ReadUInt64("mismatches");
        Span<ulong> firsts = stackalloc ulong[OrderCount];
        for (int ordinal = 0; ordinal < OrderCount; ordinal++)
        {
            ulong first = firsts[ordinal] = header.ReadUInt64("first");
            ulong next = header.ReadUInt64("next");
            Require(first <= next, $"queue {ordinal} starts at {first}, after its end {next}");
            Require(next <= long.MaxValue, $"queue {ordinal} ends at {next}, which no queue ever reaches");
            Require(next - first <= SequenceQueue.RestoredSpanMax, $"queue {ordinal} spans {first} to {next}");
            OrderAt(state, ordinal).BeginRestore(first, next);
        }

        uint jobs = header.ReadUInt32("jobs");
        uint pulls = header.ReadUInt32("pulls");
        Require(jobs <= Limits.JobsHeldMax, $"{jobs} jobs are over {Limits.JobsHeldMax}");
        Require(pulls <= jobs + 1, $"{pulls} pulls of {jobs} jobs");
        for (uint job = 0; job < jobs; job++)
        {
            ReadJob(ref input, state);
        }

        for (uint pull = 0; pull < pulls; pull++)
        {
            ReadPull(ref input, state);
        }

        for (int ordinal = 0; ordinal < OrderCount; ordinal++)
        {
            ulong first = OrderAt(state, ordinal).First;
            Require(first == firsts[ordinal], $"queue {ordinal} starts at {first}, not at {firsts[ordinal]}");
        }

        if (hasQuarantined)
        {
            ReadQuarantined(ref input, state);
        }

        var end = new WireReader(input.Next(DigestBytes), "snapshot");
        UInt128 digest = end.ReadUInt128("digest");
        Require(digest == state.Digest, $"digest {state.Digest:x32} was rebuilt where {digest:x32} was written");
        Require(input.AtEnd, $"bytes follow the digest");
        return appliedIndex;
    }

    private static void ReadJob(ref SnapshotInput input, QueueState state)
    {
        var reader = new WireReader(input.Next(JobBytes), "snapshot job");
        byte flags = reader.ReadByte("flags");
        var record = new JobRecord
        {
            State = (JobState)(flags & ~HasKeyFlag),
            Priority = reader.ReadByte("priority"),
            Id = reader.ReadUInt128("id"),
            Chain = reader.ReadDigest("chain"),
            IterationsDone = reader.ReadUInt64("done"),
            IterationsTotal = reader.ReadUInt64("total"),
            EnqueuedAtMs = reader.ReadUInt64("enqueued"),
            FinishedAtMs = reader.ReadUInt64("finished"),
            Sequence = reader.ReadUInt64("sequence"),
        };
        var id = new JobId(record.Id);
        Require(record.State is >= JobState.Pending and <= JobState.Cancelled, $"job {id} has state {record.State}");
        Require(record.Priority <= Limits.PriorityMax, $"job {id} has priority {record.Priority}");
        Require(
            record.IterationsDone >= 1 && record.IterationsDone <= record.IterationsTotal,
            $"job {id} has done {record.IterationsDone} of {record.IterationsTotal}");
        Require(
            (record.State != JobState.Pending && record.State != JobState.Cancelled)
                == (record.IterationsDone == record.IterationsTotal),
            $"job {id} is {record.State} with {record.IterationsDone} of {record.IterationsTotal}");
        Require(
            record.State != JobState.Pending || record.FinishedAtMs == 0,
            $"job {id} is pending and finished at {record.FinishedAtMs}");
        Require(state.Jobs.Find(id) < 0, $"job {id} is there twice");
        UInt128 key = 0;
        UInt128 fingerprint = 0;
        if ((flags & HasKeyFlag) != 0)
        {
            var keyReader = new WireReader(input.Next(KeyBytes), "snapshot key");
            key = keyReader.ReadUInt128("key");
            fingerprint = keyReader.ReadUInt128("fingerprint");
            Require(key != UInt128.Zero, $"job {id} announces a key and has none");
            Require(state.Keys.Find(key) < 0, $"key {key:x32} of job {id} is there twice");
        }

        Require(state.Readmit(record, key, fingerprint), $"job {id} has no place at {record.Sequence} of its queue");
    }

    private static void ReadPull(ref SnapshotInput input, QueueState state)
    {
        var reader = new WireReader(input.Next(PullBytes), "snapshot pull");
        var pull = new PullEntry
        {
            Key = reader.ReadUInt128("key"),
            TimeMs = reader.ReadUInt64("time"),
            Sequence = reader.ReadUInt64("sequence"),
            FirstSequence = reader.ReadUInt64("first sequence"),
            JobCount = (int)Math.Min(reader.ReadUInt32("jobs"), int.MaxValue),
        };
        Require(pull.JobCount is >= 1 and <= Limits.PullTopMax, $"pull {pull.Key:x32} has {pull.JobCount} jobs");
        Require(pull.Key != UInt128.Zero, $"a pull has no key");
        Require(pull.EndSequence <= state.Pulled.Next, $"pull {pull.Key:x32} ends after the pulled jobs");
        Require(state.Pulls.Place(pull), $"pull {pull.Key:x32} is there twice or has no place at {pull.Sequence}");
    }

    private static void ReadQuarantined(ref SnapshotInput input, QueueState state)
    {
        int count = new WireReader(input.Next(sizeof(ushort)), "snapshot").ReadUInt16("quarantined");
        Require(count is >= 1 and <= Limits.QuarantinedMax, $"{count} nodes are in quarantine");
        for (int i = 0; i < count; i++)
        {
            var reader = new WireReader(input.Next(QuarantineBytes), "snapshot quarantine");
            var node = new NodeId(reader.ReadUInt64("node"));
            ulong sinceMs = reader.ReadUInt64("since");
            int length = reader.ReadUInt16("reason");
            Require(length is >= 1 and <= Limits.ReasonBytesMax, $"the reason of node {node} has {length} bytes");
            ReadOnlySpan<byte> text = input.Next(length);
            Require(Utf8.IsValid(text), $"the reason of node {node} is not UTF-8");
            string reason = Encoding.UTF8.GetString(text);
            Require(
                node != NodeId.None && state.Quarantined.Add(new QuarantinedNode(node, sinceMs, reason)),
                $"node {node} is in quarantine twice or is none");
        }
    }

    private static void Require(
        bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref RefusalText otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException($"snapshot: {otherwise.ToStringAndClear()}");
        }
    }
}
