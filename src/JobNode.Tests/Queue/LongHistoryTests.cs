using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Tests.Queue;

/// <summary>
/// Histories of tens of thousands of jobs: queues of many chunks with gaps, slots that were used before, jobs that
/// outlive all that came with them.
/// </summary>
public class LongHistoryTests
{
    private const int Seeds = 15;
    private const int Steps = 60;
    private const int BurstMax = 3_000;

    [Fact]
    public void A_machine_restored_anywhere_in_a_long_history_goes_on_exactly_as_the_original()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var history = new History(seed);
            var original = new JobStateMachine(new StateLimits(Limits.JobsHeldMax));
            JobStateMachine restored = SnapshotTests.RestoreFrom(SnapshotTests.Body(original.Freeze()));
            for (ulong step = 1; step <= Steps; step++)
            {
                Command command = history.NextCommand();
                string words = $"seed {seed}, step {step}, {command.GetType().Name}";
                ulong timeMs = step * 1_000;
                CommandResult expected = original.Apply(step, timeMs, command);
                Assert.True(
                    RandomHistory.Show(expected) == RandomHistory.Show(restored.Apply(step, timeMs, command)), words);
                Assert.True(original.Digest == restored.Digest, words);
                if (history.IsTime)
                {
                    restored = SnapshotTests.RestoreFrom(SnapshotTests.Body(restored.Freeze()));
                    AssertSame(original, restored, words);
                }
            }

            AssertSame(original, restored, $"seed {seed} at its end");
        }
    }

    private static void AssertSame(JobStateMachine original, JobStateMachine restored, string words)
    {
        Assert.True(original.View.Counts == restored.View.Counts, words);
        Assert.True(original.Digest == restored.RecomputeDigest(), words);
        Assert.True(AllOf(original.View).SequenceEqual(AllOf(restored.View)), words);
    }

    private static IReadOnlyList<JobDetails> AllOf(QueueView view) => view.Page(null, int.MaxValue, null).Jobs;

    /// <summary>Bursts of new jobs, and of ends: of the oldest, the newest, or any.</summary>
    private sealed class History(int seed)
    {
        private readonly Random _random = new(seed);
        private int _jobs;
        private UInt128 _pulls;

        /// <summary>Now and then.</summary>
        public bool IsTime => _random.Next(6) == 0;

        public Command NextCommand() => _random.Next(100) switch
        {
            < 40 => new Enqueue([.. Enumerable.Range(_jobs, Advance(_random.Next(1, BurstMax))).Select(NewJob)]),
            < 65 => new Complete([.. Some().Select(id =>
                new FinishedChain(id, RandomHistory.DigestOf((ushort)id.Value), new NodeId(7)))]),
            < 75 => new Pull(++_pulls, _random.Next(1, Limits.PullTopMax), (PullOrder)_random.Next(0, 2)),
            < 80 => new Recall([.. Some().Select(id => new ChainProgress(id, RandomHistory.DigestOf(1), 1))]),
            < 88 => new Cancel(Some().First()),
            _ => new Expire(
                ulong.MaxValue, _random.Next(3) == 0 ? ulong.MaxValue : 0, _random.Next(1, Limits.JobsPerCommandMax)),
        };

        private int Advance(int count)
        {
            _jobs += count;
            return count;
        }

        private static NewJob NewJob(int number) => new(
            RandomHistory.IdOf(number), RandomHistory.DigestOf(number), (ulong)(number % 5) + 1, (byte)(number % 3), 0);

        /// <summary>Jobs of any state, one after the other in the order in which they came.</summary>
        private IEnumerable<JobId> Some()
        {
            int count = Math.Min(_jobs, _random.Next(1, BurstMax));
            int first = _random.Next(3) switch
            {
                0 => 0,
                1 => _jobs - count,
                _ => _random.Next(_jobs - count + 1),
            };
            return count == 0 ? [RandomHistory.IdOf(0)] : Enumerable.Range(first, count).Select(RandomHistory.IdOf);
        }
    }
}
