using JobNode.Commands;

namespace JobNode.Tests.Commands;

public sealed class RandomBitsTests
{
    [Fact]
    public void Every_bit_is_sometimes_set_and_sometimes_not()
    {
        UInt128 everSet = UInt128.Zero;
        UInt128 alwaysSet = UInt128.MaxValue;
        for (int draw = 0; draw < 200; draw++)
        {
            UInt128 bits = RandomBits.Next128();
            everSet |= bits;
            alwaysSet &= bits;
        }

        Assert.Equal(UInt128.MaxValue, everSet);
        Assert.Equal(UInt128.Zero, alwaysSet);
        Assert.NotEqual(RandomBits.Next64(), RandomBits.Next64());
    }
}
