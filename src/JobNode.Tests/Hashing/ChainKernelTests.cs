using System.Security.Cryptography;
using JobNode.Hashing;

namespace JobNode.Tests.Hashing;

public sealed class ChainKernelTests
{
    public static TheoryData<string, int> PathsAndSteps()
    {
        TheoryData<string, int> data = [];
        foreach (KernelPath path in ChainKernel.Create(null).Paths)
        {
            foreach (int steps in new[] { 1, 2, 3, 10, 17, 1000 })
            {
                data.Add(path.Name, steps);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(PathsAndSteps))]
    public void Every_lane_of_a_path_computes_its_own_chain(string path, int steps)
    {
        ChainKernel kernel = ChainKernel.Create(path);
        using ChainLanes lanes = kernel.CreateLanes();
        for (int active = 1; active <= lanes.Lanes; active++)
        {
            for (int lane = 0; lane < lanes.Lanes; lane++)
            {
                lanes.Load(lane, Seed(lane));
            }

            lanes.Advance(active, (ulong)steps);
            byte[] digest = new byte[64];
            for (int lane = 0; lane < lanes.Lanes; lane++)
            {
                lanes.Store(lane, digest);
                Assert.Equal(lane < active ? Chain(Seed(lane), steps) : Seed(lane), digest);
            }
        }
    }

    [Fact]
    public void All_paths_of_this_machine_pass_their_test()
    {
        ChainKernel kernel = ChainKernel.Create(null);
        Assert.Empty(kernel.Warnings);
        Assert.Equal("scalar", kernel.Paths[0].Name);
        Assert.Contains(kernel.Paths, path => path.Name == "avx2");
        Assert.All(kernel.Paths, path => Assert.True(path.IterationsPerSecond > 0));
        Assert.Contains(kernel.Best, kernel.Paths);
    }

    [Theory]
    [InlineData("scalar", 1)]
    [InlineData("avx2", 4)]
    public void A_forced_path_is_the_only_one(string name, int lanes)
    {
        ChainKernel kernel = ChainKernel.Create(name);
        Assert.Equal(name, Assert.Single(kernel.Paths).Name);
        using ChainLanes chains = kernel.CreateLanes();
        Assert.Equal(lanes, chains.Lanes);
    }

    [Fact]
    public void An_unknown_path_is_refused_with_the_names_of_the_known()
    {
        var refusal = Assert.Throws<PlatformNotSupportedException>(() => ChainKernel.Create("neon"));
        Assert.Contains("'neon'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("avx512", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 3)]
    [InlineData(1, 10)]
    public unsafe void A_path_with_one_wrong_lane_is_dropped_and_named(int brokenLane, int fromSteps)
    {
        KernelPath scalar = new("scalar", new LaneKernel(1, 1, ScalarKernel.Advance));
        ulong stepsSeen = 0;
        KernelPath broken = new("broken", new LaneKernel(4, 4, (state, scratch, constants, steps) =>
        {
            Avx2Kernels.Advance4(state, scratch, constants, steps);
            stepsSeen += steps;
            if (stepsSeen >= (ulong)fromSteps)
            {
                state[(7 * 4) + brokenLane] ^= 1;
            }
        }));
        List<string> warnings = [];
        ChainKernel kernel = ChainKernel.Create(null, [scalar, broken], warnings);
        Assert.Equal("scalar", Assert.Single(kernel.Paths).Name);
        Assert.Equal("scalar", kernel.Best.Name);
        string warning = Assert.Single(kernel.Warnings);
        Assert.Contains("broken path is not used", warning, StringComparison.Ordinal);
        Assert.Contains($"lane {brokenLane}", warning, StringComparison.Ordinal);
    }

    [Fact]
    public unsafe void Lanes_that_are_mixed_up_are_found()
    {
        KernelPath broken = new("broken", new LaneKernel(4, 4, (state, scratch, constants, steps) =>
        {
            Avx2Kernels.Advance4(state, scratch, constants, steps);
            for (int word = 0; word < 8; word++)
            {
                (state[word * 4], state[(word * 4) + 1]) = (state[(word * 4) + 1], state[word * 4]);
            }
        }));
        var refusal = Assert.Throws<PlatformNotSupportedException>(() => ChainKernel.Create(null, [broken], []));
        Assert.Contains("differs from the scalar oracle", refusal.Message, StringComparison.Ordinal);
    }

    private static byte[] Seed(int lane) => SHA512.HashData([(byte)lane, 7]);

    private static byte[] Chain(byte[] digest, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            digest = SHA512.HashData(digest);
        }

        return digest;
    }
}
