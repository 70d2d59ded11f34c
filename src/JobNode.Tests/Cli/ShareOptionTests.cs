using JobNode.Cli;

namespace JobNode.Tests.Cli;

/// <summary>Shares, as flags are given them.</summary>
public sealed class ShareOptionTests
{
    [Theory]
    [InlineData("0.1%", 0.001)]
    [InlineData("100%", 1)]
    [InlineData("0%", 0)]
    [InlineData("0", 0)]
    [InlineData("12.5%", 0.125)]
    public void A_share_is_read_in_percent(string text, double share)
    {
        Assert.True(ShareOption.TryParse(text, out double read));
        Assert.Equal(share, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("1")]
    [InlineData("0.5")]
    [InlineData("101%")]
    [InlineData("-1%")]
    [InlineData("1,5%")]
    [InlineData("all")]
    public void What_is_no_share_is_refused(string text) => Assert.False(ShareOption.TryParse(text, out _));
}
