using JobNode.Commands;
using JobNode.Membership;
using JobNode.Tests.Api;

namespace JobNode.Tests.Cli;

/// <summary>Flags, environment, exit codes and the verbs against a real API.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly CliHarness _cli = new();

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("serve --listen nonsense")]
    [InlineData("serve --workers -1")]
    [InlineData("serve --workers many")]
    [InlineData("serve --isa sse")]
    [InlineData("serve --peers a:b:c")]
    [InlineData("serve --what")]
    [InlineData("serve --voters 4")]
    [InlineData("serve --voters 11")]
    [InlineData("serve --bootstrap-expect 0")]
    [InlineData("serve --compute-only")]
    [InlineData("serve --compute-only --peers 127.0.0.1:5002 --workers 0")]
    [InlineData("serve --replace-after 1s")]
    [InlineData("serve --replace-after soon")]
    [InlineData("serve --reap-after 1m")]
    [InlineData("serve --listen 0.0.0.0:5000")]
    [InlineData("serve --cluster-listen 10.0.0.1:5001")]
    [InlineData("serve --cluster-listen [::]:5001")]
    [InlineData("serve --peers a:5001,b:5001")]
    [InlineData("serve --cluster-ca ca.pem --cluster-cert a.pem")]
    [InlineData("serve --api-key a-key.pem")]
    [InlineData("status --token-file no-such-file")]
    [InlineData("status --ca no-such-file")]
    [InlineData("certs node ../a")]
    [InlineData("certs node ca")]
    [InlineData("certs node a --address b:5001")]
    [InlineData("enqueue no-such-file --iterations 3")]
    [InlineData("enqueue -")]
    [InlineData("enqueue - --iterations 0")]
    [InlineData("pull --top 5000")]
    [InlineData("pull --order best")]
    [InlineData("wait")]
    [InlineData("wait x --timeout soon")]
    [InlineData("status --node ftp://x")]
    [InlineData("members remove")]
    [InlineData("members promote")]
    [InlineData("members demote x")]
    [InlineData("transfer x")]
    [InlineData("drain --leave=perhaps")]
    [InlineData("bench")]
    [InlineData("bench load --what push")]
    [InlineData("bench load --in-flight 0")]
    [InlineData("bench load --duration soon")]
    [InlineData("bench load --size 65MiB")]
    [InlineData("bench load --batch 5000")]
    [InlineData("bench load --batch 2 --what roundtrip")]
    [InlineData("bench load --node a:5000,ftp://b")]
    public async Task A_wrong_command_line_exits_with_2_and_a_sentence(string line)
    {
        Assert.Equal(2, await RunAsync(line));
        Assert.Contains("jobnode: ", _cli.Errors, StringComparison.Ordinal);
        Assert.Null(_cli.Served);
    }

    [Fact]
    public async Task Serve_has_defaults_on_loopback()
    {
        Assert.Equal(0, await RunAsync("serve"));
        Assert.Equal("127.0.0.1:5000", _cli.Served!.Listen.ToString());
        Assert.Equal("127.0.0.1:5001", _cli.Served.ClusterListen.ToString());
        Assert.EndsWith("jobnode-data", _cli.Served.DataDirectory, StringComparison.Ordinal);
        Assert.Empty(_cli.Served.Peers);
        Assert.Null(_cli.Served.Workers);
    }

    [Fact]
    public async Task Variables_stand_for_flags_and_flags_win()
    {
        _cli.Variables["JOBNODE_LISTEN"] = "127.0.0.1:7000";
        _cli.Variables["JOBNODE_CLUSTER_LISTEN"] = "0.0.0.0:7001";
        _cli.Variables["JOBNODE_INSECURE"] = "1";
        _cli.Variables["JOBNODE_ISA"] = "avx2";
        _cli.Variables["JOBNODE_PEERS"] = "a,b:7001";
        Assert.Equal(0, await RunAsync("serve --listen 127.0.0.1:8000 --workers 2"));
        Assert.Equal("127.0.0.1:8000", _cli.Served!.Listen.ToString());
        Assert.Equal("0.0.0.0:7001", _cli.Served.ClusterListen.ToString());
        Assert.True(_cli.Served.Security.Insecure);
        Assert.Equal("avx2", _cli.Served.ForcedIsa);
        Assert.Equal(2, _cli.Served.Workers);
        Assert.Equal(["a:5001", "b:7001"], _cli.Served.Peers.Select(peer => peer.ToString()));
    }

    [Fact]
    public async Task Flags_of_membership_reach_the_node()
    {
        Assert.Equal(0, await RunAsync(
            "serve --voters 5 --zone a --replace-after 30s --reap-after 7d --bootstrap-expect 3"));
        var expected = new MembershipOptions
        {
            BootstrapExpect = 3,
            Voters = 5,
            Zone = "a",
            ReplaceAfter = TimeSpan.FromSeconds(30),
            ReapAfter = TimeSpan.FromDays(7),
        };
        Assert.Equal(expected, _cli.Served!.Membership);
        Assert.Equal(0, await RunAsync("serve"));
        Assert.Equal(new MembershipOptions(), _cli.Served!.Membership);
        _cli.Variables["JOBNODE_COMPUTE_ONLY"] = "true";
        Assert.Equal(0, await RunAsync("serve --peers 127.0.0.1:5002"));
        Assert.Equal(new MembershipOptions { IsComputeOnly = true }, _cli.Served!.Membership);
    }

    [Fact]
    public async Task A_wrong_variable_is_named()
    {
        _cli.Variables["JOBNODE_WORKERS"] = "many";
        Assert.Equal(2, await RunAsync("serve"));
        Assert.Contains("JOBNODE_WORKERS=many", _cli.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_has_examples_and_exits_with_0()
    {
        Assert.Equal(0, await RunAsync("enqueue --help"));
        Assert.Contains("jobnode enqueue file.bin --iterations", _cli.Output, StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("version"));
    }

    [Fact]
    public async Task Nobody_at_the_address_exits_with_3()
    {
        Assert.Equal(3, await RunAsync("status --node 127.0.0.1:1"));
        Assert.Contains("cannot reach", _cli.Errors, StringComparison.Ordinal);
        Assert.Equal(3, await RunAsync("bench load --node 127.0.0.1:1,127.0.0.1:2"));
    }

    [Fact]
    public async Task Verbs_work_against_a_node_and_tell_a_missing_quorum()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "payload");
        Assert.Equal(0, await RunAsync($"enqueue {file} --iterations 1 --wait"));
        Assert.Equal(0, await RunAsync("enqueue - --iterations 1"));
        File.Delete(file);
        Assert.Equal(0, await RunAsync("pull --top 5"));
        string result = Convert.ToHexStringLower(System.Security.Cryptography.SHA512.HashData("payload"u8));
        Assert.Equal(3, _cli.Output.Split(result).Length);
        Assert.Equal(1, await RunAsync("wait 0198c0de-0000-7000-8000-000000000000"));
        Assert.Equal(0, await RunAsync("status"));
        Assert.Contains("127.0.0.1:5001  leader", _cli.Output, StringComparison.Ordinal);
        host.Cluster.Refuses = JobNode.Commands.ResultCode.NotLeader;
        Assert.Equal(4, await RunAsync("enqueue - --iterations 1"));
    }

    [Fact]
    public async Task Members_are_listed_and_named_by_a_part_of_the_id_or_by_an_address()
    {
        await using ApiHost host = await _cli.StartNodeAsync();
        var self = new Member(LocalCluster.Self, "a:5001") { Zone = "east" };
        host.Admin.Reports.Add(new MemberReport(self, true, false, "a:5000", "1.2", TimeSpan.Zero, 12));
        host.Admin.Reports.Add(new MemberReport(
            new Member(new NodeId(0x1299), "b:5001") { Role = MemberRole.Spare }, false, true, null, null, null, null)
        {
            IsComputeOnly = true,
        });
        Assert.Equal(0, await RunAsync("members"));
        Assert.Contains(
            "0000000000001234  leader                          a:5001   east  1.2          12     0.0 s ago",
            _cli.Output,
            StringComparison.Ordinal);
        Assert.Contains("spare, only computes, draining", _cli.Output, StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("members --json"));
        Assert.Equal(0, await RunAsync("members remove a:5001"));
        Assert.Equal(0, await RunAsync("members promote 0000000000001234"));
        Assert.Equal(0, await RunAsync("transfer --to a:5000"));
        Assert.Equal(0, await RunAsync("transfer"));
        Assert.Equal(
            ["remove 0000000000001234", "promote 0000000000001234", "transfer 0000000000001234",
                "transfer 0000000000000000"],
            host.Admin.Asked);
        Assert.Equal(1, await RunAsync("members remove 000000000000"));
        Assert.Contains("fits 2 members", _cli.Errors, StringComparison.Ordinal);
        Assert.Equal(1, await RunAsync("members remove c:5001"));
        Assert.Contains("0000000000001299 (b:5001)", _cli.Errors, StringComparison.Ordinal);
        host.Admin.Outcome = new AdminOutcome(false, "The quorum needs it.");
        Assert.Equal(1, await RunAsync("members remove a:5001"));
        Assert.Contains("The quorum needs it.", _cli.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_waits_for_its_cluster_says_for_whom_and_exits_with_4()
    {
        await using ApiHost host = await ApiHost.StartClosedAsync();
        Assert.Equal(4, await RunAsync($"status --node {host.Url}"));
        Assert.Contains(ApiHost.WaitsFor, _cli.Errors, StringComparison.Ordinal);
    }

    public void Dispose() => _cli.Dispose();

    private Task<int> RunAsync(string line) => _cli.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
