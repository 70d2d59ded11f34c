using System.Diagnostics;

namespace JobNode.Tests.Support;

/// <summary>Programs that tests run to their end.</summary>
public sealed class CommandRunTests
{
    /// <summary>A child holds the output open; as long as it lives the output has no end.</summary>
    [Fact]
    public async Task A_program_that_takes_too_long_ends_with_the_children_that_it_started()
    {
        long begin = Stopwatch.GetTimestamp();
        TimeoutException expired = await Assert.ThrowsAsync<TimeoutException>(() => CommandRun.RunAsync(
            "bash", ["-c", "echo begun; sleep 60; echo ended"], limit: TimeSpan.FromSeconds(1)));
        Assert.EndsWith("did not end: begun\n", expired.Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(begin).TotalSeconds, 0, 30);
    }
}
