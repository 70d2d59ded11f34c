using JobNode.Observability;
using JobNode.Transport;

namespace JobNode.Tests.Transport;

/// <summary>Which versions of the protocol between nodes are answered, and what the others are told.</summary>
public sealed class PeerProtocolTests
{
    [Theory]
    [InlineData("2")]
    [InlineData("3")]
    [InlineData("4")]
    public void Every_version_from_the_oldest_to_the_latest_is_answered(string version) =>
        Assert.Null(PeerProtocol.RefuseVersion(version, oldest: 2, latest: 4));

    [Theory]
    [InlineData("1", "install jobnode")]
    [InlineData("5", "install that node's version of jobnode here")]
    public void A_refusal_names_both_and_what_to_install(string version, string advice)
    {
        string? refusal = PeerProtocol.RefuseVersion(version, oldest: 2, latest: 4);
        Assert.Contains($"protocol version {version}", refusal, StringComparison.Ordinal);
        Assert.Contains("answers 2 to 4", refusal, StringComparison.Ordinal);
        Assert.Contains(ProgramVersion.Text, refusal, StringComparison.Ordinal);
        Assert.Contains(advice, refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("one")]
    [InlineData("1.0")]
    public void What_is_no_number_is_refused(string version) =>
        Assert.Contains("no protocol version", PeerProtocol.RefuseVersion(version), StringComparison.Ordinal);

    [Fact]
    public void This_program_answers_what_it_speaks() => Assert.Null(PeerProtocol.RefuseVersion(PeerProtocol.Version));
}
