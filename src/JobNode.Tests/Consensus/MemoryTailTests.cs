using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus;

public sealed class MemoryTailTests
{
    private const long BytesMax = 100_000;

    [Fact]
    public void A_short_tail_is_left_alone_and_a_long_one_loses_a_quarter()
    {
        MemoryTail tail = Filled(50, 1_000);
        Assert.Null(tail.FindDrop(50, ulong.MaxValue));
        Append(tail, 51, 60, 1_000);
        ulong last = Assert.NotNull(tail.FindDrop(110, ulong.MaxValue));
        tail.Drop(last);
        Assert.InRange(tail.Bytes, BytesMax / 2, BytesMax * 3 / 4);
        Assert.Null(tail.FindDrop(110, ulong.MaxValue));
    }

    [Fact]
    public void What_is_not_applied_is_never_dropped()
    {
        MemoryTail tail = Filled(2_000, 1_000);
        Assert.True(tail.FindDrop(30, ulong.MaxValue) <= 30);
        Assert.Null(tail.FindDrop(0, ulong.MaxValue));
    }

    [Fact]
    public void What_somebody_needs_is_held_back_up_to_a_bound()
    {
        MemoryTail tail = Filled(200, 1_000);
        Assert.True(tail.FindDrop(200, 20) <= 20);
        Append(tail, 201, 400, 1_000);
        Assert.True(tail.FindDrop(600, 20) > 500);
    }

    [Fact]
    public void Entries_that_replace_others_are_counted_once()
    {
        MemoryTail tail = Filled(90, 1_000);
        long before = tail.Bytes;
        for (int i = 0; i < 50; i++)
        {
            Append(tail, 60, 31, 1_000);
        }

        Assert.InRange(tail.Bytes, before / 2, before);
        tail.Restart(500);
        Assert.Equal(0, tail.Bytes);
    }

    private static MemoryTail Filled(int entries, int bytes)
    {
        var tail = new MemoryTail(BytesMax);
        tail.Restart(0);
        Append(tail, 1, entries, bytes);
        return tail;
    }

    private static void Append(MemoryTail tail, ulong first, int count, int bytes) => tail.Append(
        [.. Enumerable.Range(0, count).Select(
            i => new RaftEntry(first + (ulong)i, 1, RaftEntryKind.Normal, new byte[bytes]))]);
}
