using JobNode.Queue;

namespace JobNode.Tests.Queue;

public class SequenceQueueTests
{
    [Fact]
    public void It_behaves_as_a_sorted_dictionary_over_many_chunks()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var queue = new SequenceQueue();
            var model = new SortedDictionary<ulong, int>();
            for (int step = 0; step < 300; step++)
            {
                int count = random.Next(1, 900);
                for (int i = 0; i < count && random.Next(2) == 0; i++)
                {
                    model.Add(queue.Next, i);
                    queue.Append(i);
                }

                RemoveSome(random, queue, model, count);
                CheckEnds(random, queue, model, $"seed {seed}, step {step}");
            }
        }
    }

    [Fact]
    public void One_old_job_does_not_keep_what_passed_it_by()
    {
        var queue = new SequenceQueue();
        queue.Append(7);
        for (int i = 0; i < 1_000_000; i++)
        {
            queue.Remove(queue.Append(i), i);
        }

        Assert.True(queue.TryNext(0, out ulong sequence, out int slot));
        Assert.Equal((0UL, 7), (sequence, slot));
        Assert.True(queue.TryPrevious(queue.Next, out sequence, out _));
        Assert.Equal(0UL, sequence);
        Assert.False(queue.TryNext(1, out _, out _));
    }

    [Fact]
    public void A_restored_queue_takes_its_items_back_in_any_order()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            ulong first = (ulong)random.Next(20_000);
            ulong next = first + (ulong)random.Next(1, 30_000);
            HashSet<ulong> living = [first];
            for (int i = random.Next(200); i > 0; i--)
            {
                living.Add(first + (ulong)random.NextInt64((long)(next - first)));
            }

            ulong[] order = [.. living];
            random.Shuffle(order);
            var queue = new SequenceQueue();
            queue.BeginRestore(first, next);
            foreach (ulong sequence in order)
            {
                Assert.True(queue.Place(sequence, (int)sequence), $"seed {seed}: no place at {sequence}");
            }

            Assert.Equal((living.Count, first, next), (queue.Count, queue.First, queue.Next));
            Assert.All(living, sequence => Assert.Equal((int)sequence, queue.SlotAt(sequence)));
        }
    }

    private static void RemoveSome(Random random, SequenceQueue queue, SortedDictionary<ulong, int> model, int count)
    {
        int kind = random.Next(3);
        for (int i = 0; i < count && model.Count > 0; i++)
        {
            KeyValuePair<ulong, int> gone = kind switch
            {
                0 => model.First(),
                1 => model.ElementAt(random.Next(Math.Min(model.Count, 50))),
                _ => Last(queue),
            };
            queue.Remove(gone.Key, gone.Value);
            Assert.True(model.Remove(gone.Key));
        }
    }

    private static KeyValuePair<ulong, int> Last(SequenceQueue queue)
    {
        Assert.True(queue.TryPrevious(ulong.MaxValue, out ulong sequence, out int slot));
        return new(sequence, slot);
    }

    private static void CheckEnds(
        Random random, SequenceQueue queue, SortedDictionary<ulong, int> model, string where)
    {
        Assert.True(queue.Count == model.Count, where);
        Assert.True(queue.First == (model.Count == 0 ? queue.Next : model.Keys.First()), where);
        ulong from = (ulong)random.NextInt64((long)queue.Next + 2);
        bool found = queue.TryNext(from, out ulong sequence, out int slot);
        KeyValuePair<ulong, int>[] after = [.. model.SkipWhile(item => item.Key < from).Take(1)];
        Assert.True(found == (after.Length == 1), where);
        Assert.True(!found || (after[0].Key, after[0].Value) == (sequence, slot), where);
        bool before = queue.TryPrevious(from, out sequence, out slot);
        KeyValuePair<ulong, int>[] last = [.. model.TakeWhile(item => item.Key < from).TakeLast(1)];
        Assert.True(before == (last.Length == 1), where);
        Assert.True(!before || (last[0].Key, last[0].Value) == (sequence, slot), where);
    }
}
