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
            foreach (int steps in new[] { 1, 2, 3, 10, 1000 })
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
