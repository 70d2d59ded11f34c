using JobNode.Hashing;

namespace JobNode.Tests.Hashing;

public class KernelFaultTests
{
    [Fact]
    public void A_planted_fault_makes_about_one_in_so_many_chains_wrong_and_passes_the_self_test()
    {
        ChainKernel good = ChainKernel.Create("scalar");
        ChainKernel bad = ChainKernel.Create("scalar", KernelFault.Parse("1/10@7"));
        Assert.Empty(bad.Warnings);
        using ChainLanes right = good.CreateLanes();
        using ChainLanes wrong = bad.CreateLanes();
        int differing = 0;
        for (int chain = 0; chain < 1_000; chain++)
        {
            differing += Advance(right, chain).SequenceEqual(Advance(wrong, chain)) ? 0 : 1;
        }

        Assert.InRange(differing, 60, 140);
    }

    [Fact]
    public void Every_chain_is_wrong_when_always_is_asked_for()
    {
        KernelFault fault = KernelFault.Parse("always")!;
        Assert.All(Enumerable.Range(0, 100), _ => Assert.InRange(fault.NextBit(), 0, 511));
        Assert.Null(KernelFault.Parse(null));
        Assert.Null(KernelFault.Parse(""));
    }

    [Theory]
    [InlineData("sometimes")]
    [InlineData("1/0")]
    [InlineData("2/10")]
    [InlineData("1/10@")]
    [InlineData("1/10@1@2")]
    public void What_is_no_fault_is_refused(string text) =>
        Assert.Contains(text, Assert.Throws<FormatException>(() => KernelFault.Parse(text)).Message,
            StringComparison.Ordinal);

    private static byte[] Advance(ChainLanes lanes, int seed)
    {
        byte[] chain = new byte[64];
        BitConverter.TryWriteBytes(chain, seed);
        lanes.Load(0, chain);
        lanes.Advance(1, 3);
        lanes.Store(0, chain);
        return chain;
    }
}
