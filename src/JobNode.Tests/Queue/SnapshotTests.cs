using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Tests.Queue;

public class SnapshotTests
{
    private static readonly StateLimits _limits = new(1_000);

    [Fact]
    public void A_restored_machine_goes_on_exactly_as_the_original()
    {
        for (int seed = 0; seed < 250; seed++)
        {
            var history = new RandomHistory(seed);
            var original = new JobStateMachine(_limits);
            var restored = new JobStateMachine(_limits);
            var random = new Random(seed);
            for (ulong i = 1; i <= 150; i++)
            {
                if (random.Next(20) == 0)
                {
                    restored = RestoreFrom(Body(original.Freeze()));
                    Assert.Equal(original.AppliedIndex, restored.AppliedIndex);
                }

                ulong timeMs = history.NextTime();
                Command command = history.NextCommand();
                string expected = RandomHistory.Show(original.Apply(i, timeMs, command));
                Assert.True(expected == RandomHistory.Show(restored.Apply(i, timeMs, command)), $"seed {seed}, {i}");
                Assert.True(original.Digest == restored.Digest, $"seed {seed}, command {i}: {command}");
                Assert.True(original.View.Counts == restored.View.Counts, $"seed {seed}, {i}");
                Assert.True(original.Digest == original.RecomputeDigest(), $"seed {seed}, {i}");
            }

            AssertSamePages(original, restored);
        }
    }

    /// <summary>Jobs are written in the order of their slots, which is not that of their queues.</summary>
    [Fact]
    public void A_new_job_in_the_place_of_one_that_is_gone_is_restored_before_older_ones()
    {
        const int Jobs = 10_000;
        var machine = new JobStateMachine(_limits with { JobsHeldMax = 2 * Jobs });
        Fill(machine, Jobs);
        ulong index = Jobs;
        machine.Apply(++index, 6, new Cancel(RandomHistory.IdOf(0)));
        machine.Apply(++index, 7, new Expire(FinishedBeforeMs: 7, UnpulledBeforeMs: 0, Max: 1));
        machine.Apply(++index, 8, new Enqueue([NewJob(Jobs)]));
        JobStateMachine restored = RestoreFrom(Body(machine.Freeze()));
        Assert.Equal(Jobs, restored.View.Counts.Unfinished);
        Assert.Equal(machine.Digest, restored.Digest);
        AssertSamePages(machine, restored);
    }

    [Fact]
    public void A_frozen_state_does_not_change_when_the_machine_goes_on()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var history = new RandomHistory(seed);
            var machine = new JobStateMachine(_limits);
            var frozen = new List<(IFrozenState State, UInt128 Digest, byte[] Body)>();
            for (ulong i = 1; i <= 120; i++)
            {
                machine.Apply(i, history.NextTime(), history.NextCommand());
                if (i % 30 == 0)
                {
                    IFrozenState state = machine.Freeze();
                    frozen.Add((state, machine.Digest, Body(state)));
                }
            }

            foreach ((IFrozenState state, UInt128 digest, byte[] body) in frozen)
            {
                Assert.True(body.AsSpan().SequenceEqual(Body(state)), $"seed {seed}");
                Assert.Equal(digest, RestoreFrom(body).Digest);
            }
        }
    }

    [Fact]
    public async Task A_frozen_state_is_written_by_another_thread_while_the_machine_goes_on()
    {
        var machine = new JobStateMachine(StateLimits.Default);
        Fill(machine, 20_000);
        UInt128 digest = machine.Digest;
        IFrozenState frozen = machine.Freeze();
        Task<byte[]> writing = Task.Run(() => Body(frozen));
        for (int i = 0; i < 20_000; i++)
        {
            var chain = new FinishedChain(RandomHistory.IdOf(i), RandomHistory.DigestOf(i), new NodeId(1));
            machine.Apply(100_000, 5, new Complete([chain]));
        }

        Assert.Equal(digest, RestoreFrom(await writing).Digest);
        Assert.Equal(20_000, machine.View.Counts.Completed);
    }

    [Fact]
    public void An_empty_stream_restores_the_empty_state()
    {
        var machine = new JobStateMachine(_limits);
        Fill(machine, 10);
        machine.Restore(Stream.Null);
        Assert.Equal(new JobStateMachine(_limits).Digest, machine.Digest);
        Assert.Equal(0UL, machine.AppliedIndex);
        Assert.Equal(0, machine.View.Counts.Held);
    }

    [Fact]
    public void A_restore_says_reset_and_forgets_earlier_events()
    {
        var machine = new JobStateMachine(_limits);
        Fill(machine, 3);
        machine.Restore(new MemoryStream(Body(machine.Freeze())));
        var events = new List<JobEvent>();
        machine.DrainEvents(events);
        Assert.Equal([new JobEvent(JobEventKind.Reset, default)], events);
    }

    [Fact]
    public void The_bytes_of_a_snapshot_stay_readable_for_ever()
    {
        var machine = new JobStateMachine(_limits);
        machine.Restore(new MemoryStream(Convert.FromHexString(GoldenBytes.Snapshot)));
        Assert.Equal(GoldenBytes.SnapshotDigest, $"{machine.Digest:x32}");
        Assert.Equal(4UL, machine.AppliedIndex);
        Assert.Equal(new QueueCounts(1, 0, 1, 1, 7, 0), machine.View.Counts);
        Assert.Equal(GoldenBytes.Snapshot, Convert.ToHexStringLower(Body(machine.Freeze())));
    }

    [Fact]
    public void The_golden_snapshot_is_what_this_build_writes_for_its_commands()
    {
        var machine = new JobStateMachine(_limits);
        NewJob[] jobs = [NewJob(1) with { IterationsTotal = 1, IdempotencyKey = 0xabc }, NewJob(2), NewJob(3)];
        jobs[1] = jobs[1] with { IterationsTotal = 8, Priority = 9 };
        machine.Apply(1, 1_000, new Enqueue(jobs));
        machine.Apply(2, 2_000, new Pull(0xdef, 5, PullOrder.Oldest));
        machine.Apply(3, 3_000, new Cancel(RandomHistory.IdOf(3)));
        machine.Advance(4);
        Assert.Equal(GoldenBytes.SnapshotDigest, $"{machine.Digest:x32}");
        Assert.Equal(GoldenBytes.Snapshot, Convert.ToHexStringLower(Body(machine.Freeze())));
    }

    [Fact]
    public void The_bytes_of_a_quarantine_stay_readable_for_ever()
    {
        var machine = new JobStateMachine(_limits);
        machine.Apply(1, 1_000, new Quarantine(new NodeId(0x77), "why"));
        byte[] body = Body(machine.Freeze());
        Assert.Equal(JobSnapshot.SecondVersion, body[0]);
        Assert.EndsWith(
            "0100" + "7700000000000000" + "e803000000000000" + "0300" + "776879",
            Convert.ToHexStringLower(body.AsSpan(0, body.Length - 16)),
            StringComparison.Ordinal);
        Assert.Equal([new QuarantinedNode(new NodeId(0x77), 1_000, "why")], RestoreFrom(body).View.Quarantined);
        for (int length = 1; length < body.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => RestoreFrom(body[..length]));
        }

        machine.Apply(2, 2_000, new Release(new NodeId(0x77)));
        Assert.Equal(JobSnapshot.Version, Body(machine.Freeze())[0]);
    }

    [Fact]
    public void A_cut_or_flipped_snapshot_is_refused_as_invalid_data()
    {
        byte[] good = Convert.FromHexString(GoldenBytes.Snapshot);
        for (int length = 1; length < good.Length; length++)
        {
            byte[] cut = good[..length];
            Assert.Throws<InvalidDataException>(() => RestoreFrom(cut));
        }

        // Bytes 1 to 8 are the log index, which the digest does not cover (the snapshot file's checksums do).
        for (int at = 9; at < good.Length; at++)
        {
            byte[] bad = [.. good];
            bad[at] ^= (byte)(1 << (at % 8));
            bool onlyHint = IsFirstOfQueue(at) && !Refuses(bad);
            Assert.True(onlyHint || Refuses(bad), $"byte {at}");
        }

        Assert.Throws<InvalidDataException>(() => RestoreFrom((byte[])[.. good, 0]));
        Assert.Throws<InvalidDataException>(() => RestoreFrom((byte[])[2, .. good.AsSpan(1)]));
    }

    internal static void Fill(JobStateMachine machine, int jobs)
    {
        const int Batch = 1_000;
        for (int first = 0; first < jobs; first += Batch)
        {
            int count = Math.Min(Batch, jobs - first);
            machine.Apply(1 + (ulong)first, 5, new Enqueue([.. Enumerable.Range(first, count).Select(NewJob)]));
        }
    }

    internal static byte[] Body(IFrozenState frozen)
    {
        var stream = new MemoryStream();
        frozen.Write(stream);
        return stream.ToArray();
    }

    internal static JobStateMachine RestoreFrom(byte[] body)
    {
        var machine = new JobStateMachine(_limits with { JobsHeldMax = Limits.JobsHeldMax });
        machine.Restore(new MemoryStream(body));
        return machine;
    }

    private static NewJob NewJob(int i) => new(RandomHistory.IdOf(i), RandomHistory.DigestOf(i), 1_000, 0, 0);

    /// <summary>Where a queue's first number stands: it only says where to make room.</summary>
    private static bool IsFirstOfQueue(int at) => at is >= 25 and < 25 + (14 * 16) && (at - 25) % 16 < 8;

    private static bool Refuses(byte[] body)
    {
        try
        {
            RestoreFrom(body);
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }

    private static void AssertSamePages(JobStateMachine left, JobStateMachine right) => Assert.Equal(
        left.View.Page(null, 10_000, null).Jobs, right.View.Page(null, 10_000, null).Jobs);
}
