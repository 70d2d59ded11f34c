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

    [Fact]
    public void A_job_id_is_a_UUID_of_version_7_with_its_time_and_never_the_same()
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(0x0198_C0DE_1234);
        HashSet<JobId> made = [];
        for (int i = 0; i < 10_000; i++)
        {
            JobId id = JobId.Create(now);
            string text = id.ToString();
            Assert.StartsWith("0198c0de-1234-7", text, StringComparison.Ordinal);
            Assert.Contains(text[19], "89ab");
            Assert.True(made.Add(id));
        }
    }

    [Fact]
    public void The_name_of_work_that_is_no_job_is_a_UUID_of_version_8()
    {
        foreach (ulong bits in (ulong[])[0, 1, 0x1234_5678_9abc_def0, ulong.MaxValue])
        {
            var name = Guid.Parse(JobId.NameOf(bits, ~bits).ToString());
            Assert.Equal(8, name.Version);
            Assert.InRange(name.Variant, 8, 11);
        }
    }
}
