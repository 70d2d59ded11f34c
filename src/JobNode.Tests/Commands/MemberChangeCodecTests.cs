using FsCheck;
using FsCheck.Fluent;
using JobNode.Commands;

namespace JobNode.Tests.Commands;

public class MemberChangeCodecTests
{
    [Theory]
    [InlineData("0101" + "8877665544332211" + "02" + "01000000" + "0300613a31" + "02006e31", "put")]
    [InlineData("0102" + "0300000000000000", "remove")]
    [InlineData("0103" + "02000000", "raise")]
    public void The_bytes_of_version_one_stay_as_they_are(string hex, string kind)
    {
        MemberChange change = kind switch
        {
            "put" => new MemberChange.Put(new Member(new NodeId(0x1122334455667788), "a:1") { Zone = "n1" }),
            "remove" => new MemberChange.Remove(new NodeId(3)),
            _ => new MemberChange.RaiseFeatureLevel(2),
        };
        Assert.Equal(hex, Convert.ToHexStringLower(MemberChangeCodec.Encode(change)));
        Assert.Equal(change, MemberChangeCodec.Decode(Convert.FromHexString(hex)));
    }

    [Theory]
    [InlineData("", "ends inside version")]
    [InlineData("0202", "version 2 is unknown")]
    [InlineData("0104", "kind 4 is unknown")]
    [InlineData("01020000000000000000", "node is zero")]
    [InlineData("0102030000000000000000", "1 bytes too many")]
    [InlineData("010300000000", "feature level 0 is impossible")]
    [InlineData("0103ffffffff", "feature level 4294967295 is impossible")]
    [InlineData("0101" + "0300000000000000" + "03", "role 3 is unknown")]
    [InlineData("0101" + "0300000000000000" + "02" + "01000000" + "2d01", "address has 301 bytes")]
    [InlineData("0101" + "0300000000000000" + "02" + "01000000" + "0100ff0000", "address is not UTF-8")]
    public void What_is_wrong_is_named(string hex, string reason)
    {
        InvalidDataException refused =
            Assert.Throws<InvalidDataException>(() => MemberChangeCodec.Decode(Convert.FromHexString(hex)));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bytes_give_a_change_or_invalid_data_and_nothing_else() => Prop.ForAll<byte[], byte, bool>(
        (noise, kind, plausible) =>
        {
            byte[] bytes = plausible ? [MemberChangeCodec.Version, (byte)(kind % 5), .. noise] : noise;
            try
            {
                Assert.Equal(bytes, MemberChangeCodec.Encode(MemberChangeCodec.Decode(bytes)));
            }
            catch (InvalidDataException)
            {
                // Said what is wrong.
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
}
