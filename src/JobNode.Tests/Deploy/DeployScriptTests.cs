using System.Runtime.Versioning;
using JobNode.Tests.Support;

namespace JobNode.Tests.Deploy;

/// <summary>
/// <c>deploy.sh</c> and <c>teardown.sh</c>, with a recorded <c>aws</c> command in place of the real one.
/// </summary>
[Collection(Processes.ProcessCollection.Name)]
[Trait("Tier", "Process")]
[SupportedOSPlatform("linux")]
public sealed class DeployScriptTests : IDisposable
{
    /// <summary>Answers what the scripts ask, and writes down all calls.</summary>
    private const string Recorder = """
        #!/usr/bin/env bash
        echo "aws $*" >>"$CALLS"
        case "$*" in
            "sts get-caller-identity"*) echo 123456789012 ;;
            "configure get region") echo us-east-1 ;;
            *describe-vpcs*) echo vpc-1 ;;
            *describe-subnets*) printf 'subnet-1\tsubnet-2\tsubnet-3\n' ;;
            *head-bucket*) exit 254 ;;
            *OutputKey==*) echo "$ADDRESS" ;;
        esac
        """;

    private readonly TemporaryFolder _folder = new();

    /// <summary>Puts the recorder on the path.</summary>
    public DeployScriptTests()
    {
        File.WriteAllText(_folder.PathOf("aws"), Recorder);
        File.SetUnixFileMode(_folder.PathOf("aws"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.WriteAllText(Calls, "");
    }

    private string Calls => _folder.PathOf("calls");

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_prints_every_operation_and_ends_with_the_two_curl_lines()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        string address = $"http://{node.ApiAddress}";
        CommandRun run = await RunAsync("deploy.sh", ["AllowedCidr=203.0.113.0/24", "CoreNodes=5"], address);

        Assert.True(run.ExitCode == 0, run.ToString());
        string[] told =
        [
            .. run.Output.Split('\n').Where(line => line.StartsWith("+ aws ", StringComparison.Ordinal))
                .Select(line => line[2..].Replace("\\", "", StringComparison.Ordinal)),
        ];
        string[] done = await File.ReadAllLinesAsync(Calls);
        Assert.Equal(done, told);
        string deployed = Assert.Single(done, call => call.Contains("cloudformation deploy", StringComparison.Ordinal));
        Assert.Contains("VpcId=vpc-1 SubnetIds=subnet-1,subnet-2,subnet-3", deployed, StringComparison.Ordinal);
        Assert.Contains("AllowedCidr=203.0.113.0/24 CoreNodes=5", deployed, StringComparison.Ordinal);
        string[] lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal(
            [
                $"    curl \"{address}/enqueue?iterations=3\" -F \"data=@dummy\" -X PUT",
                $"    curl -X POST \"{address}/pullCompleted?top=10\"",
            ],
            lines[^2..]);
    }

    [Fact]
    public async Task It_does_nothing_until_it_is_told_who_may_call_the_API()
    {
        CommandRun run = await RunAsync("deploy.sh", [], "http://127.0.0.1:1");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("AllowedCidr=203.0.113.0/24", run.Error, StringComparison.Ordinal);
        Assert.Empty(await File.ReadAllTextAsync(Calls));
    }

    [Fact]
    public async Task Teardown_removes_nothing_until_the_name_of_the_stack_is_typed()
    {
        CommandRun refused = await RunAsync("teardown.sh", [], "", "no\n"u8.ToArray());
        Assert.NotEqual(0, refused.ExitCode);
        Assert.DoesNotContain("delete", await File.ReadAllTextAsync(Calls), StringComparison.Ordinal);

        CommandRun run = await RunAsync("teardown.sh", [], "", "jobnode\n"u8.ToArray());
        Assert.True(run.ExitCode == 0, run.ToString());
        string calls = await File.ReadAllTextAsync(Calls);
        Assert.Contains("aws cloudformation delete-stack --stack-name jobnode", calls, StringComparison.Ordinal);
        Assert.Contains(
            "aws s3api delete-bucket --bucket jobnode-artifacts-123456789012-eu-central-1",
            calls,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_region_is_the_one_that_the_AWS_command_itself_would_use()
    {
        CommandRun run = await RunAsync("teardown.sh", ["--yes"], "", regionIn: "AWS_DEFAULT_REGION");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains(
            "aws s3api delete-bucket --bucket jobnode-artifacts-123456789012-eu-central-1",
            await File.ReadAllTextAsync(Calls),
            StringComparison.Ordinal);
    }

    private Task<CommandRun> RunAsync(
        string script, string[] arguments, string address, byte[]? input = null, string regionIn = "AWS_REGION") =>
        CommandRun.RunAsync(
            "bash",
            [Repository.PathOf($"deploy/{script}"), .. arguments],
            input,
            new Dictionary<string, string>
            {
                ["PATH"] = $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}",
                ["CALLS"] = Calls,
                ["ADDRESS"] = address,
                ["AWS_REGION"] = "",
                ["AWS_DEFAULT_REGION"] = "",
                [regionIn] = "eu-central-1",
                ["BINARY"] = PublishedBinary.Path,
                ["READY_SECONDS"] = "30",
            });
}
