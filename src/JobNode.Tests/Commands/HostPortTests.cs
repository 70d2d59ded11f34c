using JobNode.Commands;

namespace JobNode.Tests.Commands;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("a:5001", "a:5001")]
    [InlineData("Node-1.Example.COM", "node-1.example.com:5001")]
    [InlineData(" 10.0.0.1:80 ", "10.0.0.1:80")]
    [InlineData("[::1]:5001", "[::1]:5001")]
    [InlineData("[2001:DB8:0::1]", "[2001:db8::1]:5001")]
    [InlineData("0.0.0.0:0", "0.0.0.0:0")]
    [InlineData("0:80", "0.0.0.0:80")]
    [InlineData("127.1:80", "127.0.0.1:80")]
    [InlineData("*:80", "*:80")]
    public void An_address_is_read_and_written_in_one_form(string text, string canonical) =>
        Assert.Equal(canonical, HostPort.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData(":5001")]
    [InlineData("a:")]
    [InlineData("a:b")]
    [InlineData("a:70000")]
    [InlineData("a:-1")]
    [InlineData("::1")]
    [InlineData("[::1")]
    [InlineData("[::1]5001")]
    [InlineData("[a]:5001")]
    [InlineData("http://a:5001")]
    [InlineData("a b:5001")]
    public void What_is_no_address_gets_a_sentence_that_says_what_to_write(string? text)
    {
        Assert.False(HostPort.TryParse(text, 5001, out _, out string? error));
        Assert.Contains("write", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_must_be_written_is_asked_for()
    {
        Assert.False(HostPort.TryParse("a", null, out _, out string? error));
        Assert.Contains("has no port", error, StringComparison.Ordinal);
        Assert.True(HostPort.TryParse("a:1", null, out HostPort place, out _));
        Assert.Equal(new HostPort("a", 1), place);
    }

    [Fact]
    public void Wildcards_and_loopback_are_told_apart()
    {
        Assert.True(HostPort.Parse("[::]:1").IsWildcard);
        Assert.True(HostPort.Parse("*:1").IsWildcard);
        Assert.True(HostPort.Parse("localhost").IsLoopback);
        Assert.True(HostPort.Parse("127.0.0.2").IsLoopback);
        Assert.False(HostPort.Parse("0.0.0.0").IsLoopback);
    }
}
