using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Tests.Queue;

public class DigestTests
{
    [Fact]
    public void Every_field_of_a_job_changes_its_hash()
    {
        var job = new JobRecord { Id = 1, State = JobState.Pending };
        var variants = new List<JobRecord>
        {
            job,
            job with { Id = 2 },
            job with { Id = UInt128.One << 127 },
            job with { IterationsDone = 1 },
            job with { IterationsTotal = 1 },
            job with { EnqueuedAtMs = 1 },
            job with { FinishedAtMs = 1 },
            job with { Sequence = 1 },
            job with { State = JobState.Completed },
            job with { Priority = 1 },
        };
        for (int bit = 0; bit < 512; bit++)
        {
            Digest512 chain = default;
            chain.Bytes[bit / 8] = (byte)(1 << (bit % 8));
            variants.Add(job with { Chain = chain });
        }

        AssertAllDiffer(variants.Select(v => v.Hash()));
        Assert.Equal(job.Hash(), (job with { KeyEntry = 5 }).Hash());
    }

    [Fact]
    public void Every_field_of_keys_and_pulls_changes_their_hash()
    {
        var key = new IdempotencyEntry { Key = 1, Fingerprint = 1, JobSlot = 1 };
        AssertAllDiffer(
        [
            key.Hash(new JobId(1)),
            key.Hash(new JobId(2)),
            (key with { Key = 2 }).Hash(new JobId(1)),
            (key with { Fingerprint = 2 }).Hash(new JobId(1)),
        ]);
        Assert.Equal(key.Hash(new JobId(1)), (key with { JobSlot = 2 }).Hash(new JobId(1)));
        var pull = new PullEntry { Key = 1, TimeMs = 1, Sequence = 1, FirstSequence = 1, JobCount = 1 };
        AssertAllDiffer(
        [
            pull.Hash(),
            (pull with { Key = 2 }).Hash(),
            (pull with { TimeMs = 2 }).Hash(),
            (pull with { Sequence = 2 }).Hash(),
            (pull with { FirstSequence = 2 }).Hash(),
            (pull with { JobCount = 2 }).Hash(),
        ]);
    }

    [Fact]
    public void Every_counter_changes_the_digest()
    {
        var digests = new List<UInt128> { new QueueState().Digest };
        digests.Add(new QueueState { LastTimeMs = 1 }.Digest);
        digests.Add(new QueueState { ResultMismatches = 1 }.Digest);
        for (int ordinal = 0; ordinal < QueueState.QueueCount; ordinal++)
        {
            var state = new QueueState();
            state.QueueAt(ordinal).BeginRestore(1, 1);
            digests.Add(state.Digest);
        }

        foreach (QuarantinedNode node in (QuarantinedNode[])
            [new(new NodeId(1), 1, "a"), new(new NodeId(2), 1, "a"), new(new NodeId(1), 2, "a"),
            new(new NodeId(1), 1, "b")])
        {
            var state = new QueueState();
            state.Quarantined.Add(node);
            digests.Add(state.Digest);
        }

        var pulled = new QueueState();
        pulled.Pulls.Order.BeginRestore(1, 1);
        digests.Add(pulled.Digest);
        AssertAllDiffer(digests);
    }

    [Fact]
    public void The_digest_does_not_know_slots_or_history()
    {
        var left = new JobTable();
        var right = new JobTable();
        var first = new JobRecord { Id = 1, State = JobState.Pending, Sequence = 1 };
        var second = new JobRecord { Id = 2, State = JobState.Pending, Sequence = 2 };
        left.Add(first);
        left.Add(second);
        int slot = right.Add(first);
        right.Add(second);
        right.Replace(slot, first with { IterationsDone = 3 });
        right.Remove(slot);
        right.Add(first with { Priority = 4 });
        right.Replace(right.Find(new JobId(1)), first);
        Assert.Equal(left.Digest, right.Digest);
        Assert.Equal(right.RecomputeDigest(), right.Digest);
    }

    private static void AssertAllDiffer(IEnumerable<UInt128> hashes)
    {
        List<UInt128> all = [.. hashes];
        Assert.Equal(all.Count, all.Distinct().Count());
    }
}
