using System.Security.Cryptography;
using JobNode.Commands;
using JobNode.Hashing;
using JobNode.Scheduling;

namespace JobNode.Tests.Scheduling;

/// <summary>Lane schedulers and the hand between them, with threads and time played by the test.</summary>
public class LaneSchedulerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_job_ends_once_with_its_result_and_no_lane_stays_idle_while_jobs_wait(int seed)
    {
        var random = new Random(seed);
        int threads = random.Next(1, 4);
        var hand = new JobHand(threads);
        using var lanes = new LaneSet(threads);
        Dictionary<JobId, ulong> wanted = [];
        HashSet<JobId> dropped = [];
        List<JobResult> results = [];
        for (int round = 0; round < 200_000 && (round < 300 || wanted.Count > results.Count + dropped.Count); round++)
        {
            if (round < 300 && random.Next(3) == 0)
            {
                hand.Add(NewJobs(random, wanted));
            }

            if (round < 300 && random.Next(20) == 0 && wanted.Count > 0)
            {
                JobId victim = wanted.Keys.ElementAt(random.Next(wanted.Count));
                if (results.TrueForAll(result => result.Id != victim))
                {
                    hand.Drop([victim]);
                    dropped.Add(victim);
                }
            }

            lanes.Turn(hand, random);
            hand.TakeFinished(int.MaxValue, results);
        }

        Assert.Equal(wanted.Count - dropped.Count, results.Count);
        Assert.Equal(results.Count, results.Select(static result => result.Id).Distinct().Count());
        foreach (JobResult result in results)
        {
            Assert.DoesNotContain(result.Id, dropped);
            Assert.Equal(Chain(result.Id, wanted[result.Id]), result.Result);
        }
    }

    [Fact]
    public void Jobs_spread_over_threads_before_they_stack_in_lanes()
    {
        var random = new Random(5);
        var hand = new JobHand(2);
        using var lanes = new LaneSet(2);
        hand.Add([Job(1, 1_000_000), Job(2, 1_000_000)]);
        lanes.Turn(hand, random);
        Assert.Equal([1, 1], lanes.Schedulers.Select(static scheduler => scheduler.Active));
    }

    [Fact]
    public void Short_job_gets_a_lane_after_a_slice_of_endless_ones()
    {
        var random = new Random(6);
        var hand = new JobHand(1);
        using var lanes = new LaneSet(1);
        int endless = 3 * lanes.Schedulers[0].FreeLanes;
        hand.Add([.. Enumerable.Range(1, endless).Select(static i => Job((ulong)i, 1UL << 50))]);
        for (int turn = 0; turn < 4 * SchedulingLimits.SliceMs; turn++)
        {
            // Every endless one has had its first slice.
            lanes.Turn(hand, random);
        }

        JobInHand quick = Job(999, 20);
        hand.Add([quick]);
        List<JobResult> results = [];
        for (int turn = 0; turn < 2 * SchedulingLimits.SliceMs && results.Count == 0; turn++)
        {
            lanes.Turn(hand, random);
            hand.TakeFinished(10, results);
        }

        Assert.Equal(quick.Id, Assert.Single(results).Id);
    }

    [Fact]
    public void Chain_whose_slice_ended_just_before_its_end_does_not_wait_for_endless_ones()
    {
        var random = new Random(10);
        var hand = new JobHand(1);
        using var lanes = new LaneSet(1);
        int endless = 3 * lanes.Schedulers[0].FreeLanes;
        JobInHand victim = Job(999, (ulong)(SchedulingLimits.SliceMs * LaneSet.QuantumSteps) + 100);
        hand.Add([victim, .. Enumerable.Range(1, endless).Select(static i => Job((ulong)i, 1UL << 50))]);
        List<JobResult> results = [];
        for (int turn = 0; turn < 8 * SchedulingLimits.SliceMs && results.Count == 0; turn++)
        {
            lanes.Turn(hand, random);
            hand.TakeFinished(10, results);
        }

        Assert.Equal(victim.Id, Assert.Single(results).Id);
    }

    [Fact]
    public void Stopped_hand_shows_every_chain_where_it_stands()
    {
        var random = new Random(7);
        var hand = new JobHand(1);
        using var lanes = new LaneSet(1);
        hand.Add([Job(1, 1UL << 50)]);
        for (int turn = 0; turn < 5; turn++)
        {
            lanes.Turn(hand, random);
        }

        hand.Stop();
        lanes.Turn(hand, random);
        List<JobInHand> shown = [];
        hand.Show(shown, []);
        JobInHand job = Assert.Single(shown);
        Assert.True(job.IterationsDone > 1);
        Assert.Equal(Chain(job.Id, job.IterationsDone), job.Chain);
        Assert.Equal(job.IterationsDone - 1, hand.Measure().Iterations);

        HandMeasure measure = hand.Measure();
        Assert.Equal(0.005, measure.KernelSeconds, 0.000_001);
        using ChainLanes fresh = WorkCluster.Kernel.Value.CreateLanes();
        Assert.Equal(measure.Iterations / fresh.ChainIterationsPerSecond, measure.ExpectedSeconds, 0.000_001);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dropped_chain_tells_how_far_it_came_whether_it_runs_or_waits(bool runs)
    {
        var random = new Random(9);
        var hand = new JobHand(1);
        using var lanes = new LaneSet(1);
        int count = lanes.Schedulers[0].FreeLanes + 1;
        hand.Add([.. Enumerable.Range(1, count).Select(static i => Job((ulong)i, 1UL << 50))]);
        JobId waiting = default;
        for (int turn = 0; turn < 2 * SchedulingLimits.SliceMs; turn++)
        {
            lanes.Turn(hand, random);
            HashSet<JobId> inLanes = [.. Enumerable.Range(0, count - 1).Select(lane => lanes.Schedulers[0][lane].Id)];
            waiting = Enumerable.Range(1, count)
                .Select(static i => new JobId((ulong)i))
                .First(id => !inLanes.Contains(id));
        }

        JobId victim = runs ? lanes.Schedulers[0][0].Id : waiting;
        hand.Drop([victim]);
        lanes.Turn(hand, random);
        lanes.Turn(hand, random);
        List<ChainProgress> aside = [];
        hand.TakePutAside(10, aside);
        ChainProgress chain = Assert.Single(aside);
        Assert.Equal(victim, chain.Id);
        Assert.Equal(Chain(victim, chain.IterationsDone), chain.Chain);
        Assert.True(chain.IterationsDone > 1);
        hand.TakePutAside(10, aside);
        Assert.Single(aside);
    }

    [Fact]
    public void Result_stays_until_it_is_settled()
    {
        var random = new Random(8);
        var hand = new JobHand(1);
        using var lanes = new LaneSet(1);
        JobInHand job = Job(1, 2);
        hand.Add([job]);
        lanes.Turn(hand, random);
        lanes.Turn(hand, random);
        List<JobResult> results = [];
        hand.TakeFinished(10, results);
        Assert.Single(results);
        List<JobResult> shown = [];
        hand.Show([], shown);
        Assert.Equal(results, shown);
        hand.Settle([job.Id]);
        shown.Clear();
        hand.Show([], shown);
        Assert.Empty(shown);
    }

    private static List<JobInHand> NewJobs(Random random, Dictionary<JobId, ulong> wanted)
    {
        List<JobInHand> jobs = [];
        for (int i = random.Next(1, 40); i > 0; i--)
        {
            ulong iterations = random.Next(4) == 0 ? (ulong)random.Next(2, 3_000) : (ulong)random.Next(2, 20);
            JobInHand job = Job((ulong)wanted.Count + 1, iterations, (byte)random.Next(0, 3));
            wanted.Add(job.Id, iterations);
            jobs.Add(job);
        }

        return jobs;
    }

    private static JobInHand Job(ulong number, ulong iterations, byte priority = 0)
    {
        var id = new JobId(number);
        return new JobInHand(id, Chain(id, 1), 1, iterations, priority);
    }

    private static Digest512 Chain(JobId id, ulong iterations)
    {
        Digest512 chain = WorkCluster.FirstDigest(id);
        for (ulong i = 1; i < iterations; i++)
        {
            SHA512.HashData(chain.Bytes, chain.Bytes);
        }

        return chain;
    }

    /// <summary>Hash threads without threads: each turn every one visits the hand and then advances once.</summary>
    private sealed class LaneSet : IDisposable
    {
        public const int QuantumSteps = 50;

        private readonly ChainLanes[] _lanes;

        public LaneSet(int threads)
        {
            _lanes = [.. Enumerable.Range(0, threads).Select(static _ => WorkCluster.Kernel.Value.CreateLanes())];
            Schedulers = [.. _lanes.Select(static lanes => new LaneScheduler(lanes))];
        }

        public LaneScheduler[] Schedulers { get; }

        public void Turn(JobHand hand, Random random)
        {
            for (int thread = 0; thread < _lanes.Length; thread++)
            {
                LaneScheduler scheduler = Schedulers[thread];
                bool isSnapshot = random.Next(10) == 0;
                if (isSnapshot)
                {
                    scheduler.Snapshot();
                }

                hand.Exchange(thread, scheduler, isSnapshot, []);
            }

            // Everyone had a turn: whoever has a free lane found nothing to take.
            if (hand.HasWaiting && !hand.IsStopping)
            {
                foreach (LaneScheduler scheduler in Schedulers)
                {
                    hand.Exchange(Array.IndexOf(Schedulers, scheduler), scheduler, isSnapshot: false, []);
                }

                Assert.True(!hand.HasWaiting || Schedulers.All(static scheduler => scheduler.FreeLanes == 0));
            }

            for (int thread = 0; thread < _lanes.Length; thread++)
            {
                LaneScheduler scheduler = Schedulers[thread];
                if (scheduler.Active > 0)
                {
                    ulong steps = scheduler.NextSteps(QuantumSteps);
                    _lanes[thread].Advance(scheduler.Active, steps);
                    scheduler.Advanced(steps, TimeSpan.TicksPerMillisecond);
                }
            }
        }

        public void Dispose()
        {
            foreach (ChainLanes lanes in _lanes)
            {
                lanes.Dispose();
            }
        }
    }
}
