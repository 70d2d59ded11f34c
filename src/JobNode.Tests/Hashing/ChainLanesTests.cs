using System.Security.Cryptography;
using JobNode.Hashing;

namespace JobNode.Tests.Hashing;

public sealed class ChainLanesTests
{
    [Fact]
    public void What_was_loaded_is_stored()
    {
        using ChainLanes lanes = ChainKernel.Create(null).CreateLanes();
        for (int lane = 0; lane < lanes.Lanes; lane++)
        {
            lanes.Load(lane, Seed(lane));
        }

        for (int lane = 0; lane < lanes.Lanes; lane++)
        {
            Assert.Equal(Seed(lane), Store(lanes, lane));
        }
    }

    [Fact]
    public void Move_copies_a_chain_and_leaves_the_others()
    {
        using ChainLanes lanes = ChainKernel.Create(null).CreateLanes();
        Assert.True(lanes.Lanes >= 4);
        for (int lane = 0; lane < 4; lane++)
        {
            lanes.Load(lane, Seed(lane));
        }

        lanes.Move(3, 1);
        Assert.Equal(Seed(0), Store(lanes, 0));
        Assert.Equal(Seed(3), Store(lanes, 1));
        Assert.Equal(Seed(2), Store(lanes, 2));
        Assert.Equal(Seed(3), Store(lanes, 3));
    }

    [Fact]
    public void Nothing_moves_without_steps_or_without_chains()
    {
        using ChainLanes lanes = ChainKernel.Create(null).CreateLanes();
        lanes.Load(0, Seed(0));
        lanes.Advance(1, 0);
        lanes.Advance(0, 1000);
        Assert.Equal(Seed(0), Store(lanes, 0));
    }

    [Fact]
    public void Lanes_and_lengths_out_of_range_are_refused()
    {
        using ChainLanes lanes = ChainKernel.Create("scalar").CreateLanes();
        Assert.Equal(1, lanes.Lanes);
        Assert.Throws<ArgumentOutOfRangeException>(() => lanes.Load(1, new byte[64]));
        Assert.Throws<ArgumentOutOfRangeException>(() => lanes.Store(-1, new byte[64]));
        Assert.Throws<ArgumentOutOfRangeException>(() => lanes.Advance(2, 1));
        Assert.Throws<ArgumentException>(() => lanes.Load(0, new byte[63]));
    }

    [Fact]
    public void Disposed_lanes_do_not_advance()
    {
        ChainLanes lanes = ChainKernel.Create("scalar").CreateLanes();
        lanes.Dispose();
        lanes.Dispose();
        Assert.Throws<ObjectDisposedException>(() => lanes.Advance(1, 1));
    }

    [Fact]
    public void Chains_that_come_and_go_at_random_keep_their_values()
    {
        const int Seed = 77;
        Random random = new(Seed);
        using ChainLanes lanes = ChainKernel.Create(null).CreateLanes();
        List<byte[]> chains = [];
        for (int turn = 0; turn < 400; turn++)
        {
            if (chains.Count < lanes.Lanes && random.Next(2) == 0)
            {
                byte[] value = new byte[64];
                random.NextBytes(value);
                lanes.Load(chains.Count, value);
                chains.Add(value);
            }
            else if (chains.Count > 0 && random.Next(3) == 0)
            {
                int gone = random.Next(chains.Count);
                lanes.Move(chains.Count - 1, gone);
                chains[gone] = chains[^1];
                chains.RemoveAt(chains.Count - 1);
            }

            int steps = random.Next(1, 6);
            lanes.Advance(chains.Count, (ulong)steps);
            for (int lane = 0; lane < chains.Count; lane++)
            {
                chains[lane] = Chain(chains[lane], steps);
                Assert.True(chains[lane].AsSpan().SequenceEqual(Store(lanes, lane)), $"seed {Seed}, turn {turn}");
            }
        }
    }

    private static byte[] Seed(int lane) => SHA512.HashData([(byte)lane]);

    private static byte[] Store(ChainLanes lanes, int lane)
    {
        byte[] digest = new byte[64];
        lanes.Store(lane, digest);
        return digest;
    }

    private static byte[] Chain(byte[] digest, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            digest = SHA512.HashData(digest);
        }

        return digest;
    }
}
