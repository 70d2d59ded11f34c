using JobNode.Hashing;

namespace JobNode.Tests.Hashing;

public sealed class LanePlanTests
{
    private static readonly LaneKernel s_one = Kernel(lanes: 1, secondsPerStep: 1.0);
    private static readonly LaneKernel s_four = Kernel(lanes: 4, secondsPerStep: 1.5);
    private static readonly LaneKernel s_sixteen = Kernel(lanes: 16, secondsPerStep: 5.0);

    [Fact]
    public void Few_chains_take_the_narrow_kernels_and_many_the_wide_one()
    {
        LanePlan plan = new([new KernelPath("narrow", s_one, s_four), new KernelPath("wide", s_sixteen)]);
        Assert.Equal(16, plan.Lanes);
        Assert.Same(s_one, plan.First(1));
        Assert.Same(s_four, plan.First(2));
        Assert.Same(s_four, plan.First(8));    // twice four: 3.0, against 5.0
        Assert.Same(s_sixteen, plan.First(16));
    }

    [Fact]
    public void A_remainder_is_left_to_the_kernel_that_suits_it()
    {
        LanePlan plan = new([new KernelPath("narrow", s_one, s_four), new KernelPath("wide", s_sixteen)]);

        // Nine are two times four and one alone (4.0); thirteen (5.5) are better off in the wide one (5.0).
        LaneKernel[] taken = [plan.First(9), plan.First(9 - plan.First(9).Lanes)];
        Assert.Contains(s_four, taken);
        Assert.Same(s_sixteen, plan.First(13));
    }

    [Fact]
    public void A_slow_wide_kernel_is_not_used()
    {
        LaneKernel slow = Kernel(lanes: 16, secondsPerStep: 100);
        LanePlan plan = new([new KernelPath("narrow", s_four), new KernelPath("wide", slow)]);
        for (int chains = 1; chains <= plan.Lanes; chains++)
        {
            Assert.Same(s_four, plan.First(chains));
        }
    }

    private static LaneKernel Kernel(int lanes, double secondsPerStep)
    {
        unsafe
        {
            return new LaneKernel(lanes, 1, ScalarKernel.Advance) { SecondsPerStep = secondsPerStep };
        }
    }
}
