using System.Net;
using JobNode.Api;
using JobNode.Commands;
using JobNode.Tests.Support;

namespace JobNode.Tests.Api;

/// <summary>Where a node says that its API is: the other nodes and the command line dial it.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("10.0.0.7:5000", "10.0.0.8:5001", null, "10.0.0.7")]
    [InlineData("*:5000", "10.0.0.8:5001", null, "10.0.0.8")]
    [InlineData("*:5000", "10.0.0.8:5001", "a.example:5001", "a.example")]
    [InlineData("*:5000", "*:5001", "a.example:5001", "a.example")]
    [InlineData("*:5000", "*:5001", null, "0.0.0.0")]
    public async Task An_API_on_all_interfaces_is_told_with_a_host_that_others_can_dial(
        string listen, string clusterListen, string? advertise, string host)
    {
        var options = new ServeOptions(
            "unused", HostPort.Parse(listen), HostPort.Parse(clusterListen),
            advertise is null ? null : HostPort.Parse(advertise), [], null, null);
        await using var server = new ApiServer(
            options, () => Problems.StartingNow("nothing"), TimeProvider.System, new RecordingLog());
        await server.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
        Assert.Equal(host, HostPort.Parse(server.Address).Host);
    }
}
