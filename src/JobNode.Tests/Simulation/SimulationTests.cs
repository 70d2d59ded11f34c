using System.Diagnostics;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Simulation;

/// <summary>
/// Starts the published simulation: the raft core is native code that a process with the just-in-time runtime must not
/// load, so the schedules run in an executable of their own.
/// </summary>
public class SimulationTests(ITestOutputHelper output)
{
    private const string Variable = "JOBNODE_SIMULATION";

    /// <summary>Where the planted mistakes show soonest.</summary>
    private const string Faults = "power,crash,blackout,kill,partition,oneway,loss,elections,churn";

    [Fact]
    public async Task Clusters_lose_nothing_under_crashes_partitions_and_bad_networks()
    {
        string text = await RunCleanAsync("--minutes", "1", "--seed", "1");
        Assert.Contains("schedules clean", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_come_go_and_change_roles_meanwhile_and_in_the_end_each_is_what_it_should_be()
    {
        string text = await RunCleanAsync("--minutes", "1", "--seed", "1", "--churn");
        Assert.Contains("schedules clean", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--nodes", "mixed")]
    [InlineData("--churn")]
    public async Task The_same_seed_gives_the_same_run(params string[] kind)
    {
        string text = await RunCleanAsync([.. kind, "--schedules", "10", "--seed", "100", "--replay-check"]);
        Assert.Contains("10 schedules clean", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LostWrites")]
    [InlineData("ForgottenCommit")]
    [InlineData("KeptId")]
    public async Task A_planted_mistake_is_found(string mistake)
    {
        (int exitCode, string text) = await RunAsync(
            "--minutes", "5", "--seed", "1", "--no-shrink", "--faults", Faults, "--plant", mistake);
        Assert.Equal(1, exitCode);
        Assert.Contains($"--plant {mistake}", text, StringComparison.Ordinal);
    }

    private static string Find() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
        ? named
        : Repository.PathOf("artifacts/jobnode-simulation");

    private async Task<string> RunCleanAsync(params string[] arguments)
    {
        (int exitCode, string text) = await RunAsync(arguments);
        Assert.True(exitCode == 0, text);
        return text;
    }

    private async Task<(int ExitCode, string Text)> RunAsync(params string[] arguments)
    {
        string path = Find();
        Assert.True(
            File.Exists(path),
            $"{path} is missing: dotnet publish src/JobNode.Simulation -c Release -r linux-x64 -o artifacts "
            + $"(or name the binary in {Variable})");
        using var process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })
            ?? throw new InvalidOperationException("the simulation did not start");
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        output.WriteLine(text);
        return (process.ExitCode, text);
    }
}
