using System.Text;
using System.Text.RegularExpressions;
using JobNode.Tests.Support;

namespace JobNode.Tests.Processes;

/// <summary>What Prometheus itself says of the metrics, the rules and the dashboard.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed partial class PrometheusTests
{
    private const string Cluster = "jobnode-live";

    [Fact]
    public async Task Rules_their_tests_and_the_example_of_a_configuration_are_right()
    {
        string folder = Repository.PathOf("deploy/prometheus");
        string[][] checks =
        [
            ["check", "rules", "--lint=all", "--lint-fatal", Path.Combine(folder, "jobnode.rules.yml")],
            ["test", "rules", Path.Combine(folder, "jobnode.rules.test.yml")],
            ["check", "config", Path.Combine(folder, "prometheus.yml")],
        ];
        foreach (string[] check in checks)
        {
            CommandRun run = await CommandRun.RunAsync("promtool", check);
            Assert.True(run.ExitCode == 0, $"promtool {string.Join(' ', check)}: {run}");
        }
    }

    [Fact]
    public void Every_alert_is_tested_and_says_how_bad_it_is_and_what_to_do()
    {
        string tests = File.ReadAllText(Repository.PathOf("deploy/prometheus/jobnode.rules.test.yml"));
        string[] alerts = PrometheusServer.Rules.Split("- alert: ")[1..];
        Assert.NotEmpty(alerts);
        foreach (string alert in alerts)
        {
            string name = alert[..alert.IndexOf('\n', StringComparison.Ordinal)];
            Assert.Contains($"alertname=\"{name}\"", tests, StringComparison.Ordinal);
            Assert.Matches("severity: (critical|warning|info)\n", alert);
            Assert.Contains("summary: >-", alert, StringComparison.Ordinal);
            Assert.Contains("description: >-", alert, StringComparison.Ordinal);
            string anchor = WordStart().Replace(name, "-").ToLowerInvariant();
            Assert.Contains($"runbook_url: docs/operations.md#{anchor}\n", alert + "\n", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_real_Prometheus_watches_a_real_cluster_and_tells_of_lost_nodes()
    {
        await using ClusterFixture cluster = await ClusterFixture.StartAsync(["--workers", "1"]);
        string id = await cluster.Nodes[0].Api.EnqueueAsync([1], 1000);
        await cluster.Nodes[0].Api.JobAsync(id, waitSeconds: 30);
        await using PrometheusServer prometheus = await PrometheusServer.StartAsync();
        prometheus.Watch(Cluster, cluster.Nodes.Select(node => node.ApiAddress));
        NodeProcess leader = await cluster.LeaderAsync();
        await CheckNamesAsync(cluster, leader);
        await prometheus.WaitUntilUpAsync(Cluster, 3);
        await prometheus.WaitAsync("sum(jobnode_iterations_total) >= 999");
        await prometheus.WaitAsync("job:jobnode_lanes_busy:ratio");
        await prometheus.WaitAsync("count(jobnode_voters_heard == 3) == 1");
        Assert.Empty(await prometheus.QueryAsync("ALERTS{alertstate=\"firing\"}"));

        NodeProcess[] others = [.. cluster.Nodes.Where(node => node != leader)];
        await others[0].KillAsync();
        await prometheus.WaitForAlertAsync("JobnodeNodeDown", Cluster);
        await prometheus.WaitForAlertAsync("JobnodeVoterDown", Cluster);
        await others[1].KillAsync();
        await prometheus.WaitForAlertAsync("JobnodeNoLeader", Cluster);
    }

    /// <summary>promtool is content with every node's answer, and what is asked for exists.</summary>
    private static async Task CheckNamesAsync(ClusterFixture cluster, NodeProcess leader)
    {
        foreach (NodeProcess node in cluster.Nodes)
        {
            byte[] text = Encoding.UTF8.GetBytes(await node.Api.TextAsync("/metrics"));
            CommandRun check = await CommandRun.RunAsync("promtool", ["check", "metrics"], text);
            Assert.True(check.ExitCode == 0 && check.Error.Length == 0, $"promtool check metrics: {check}");
        }

        HashSet<string> known = ["up", "ALERTS"];
        foreach (Match family in Family().Matches(await leader.Api.TextAsync("/metrics")))
        {
            string name = family.Groups["name"].Value;
            known.UnionWith(family.Groups["type"].Value == "histogram"
                ? [$"{name}_bucket", $"{name}_sum", $"{name}_count"]
                : [name]);
        }

        foreach (Match rule in Recorded().Matches(PrometheusServer.Rules))
        {
            known.Add(rule.Groups["name"].Value);
        }

        string dashboard = await File.ReadAllTextAsync(Repository.PathOf("deploy/grafana/jobnode.json"));
        foreach (string text in (string[])[dashboard, PrometheusServer.Rules])
        {
            string[] asked = [.. Expression().Matches(text)
                .SelectMany(expression => Asked().Matches(expression.Value)).Select(name => name.Value).Distinct()];
            Assert.NotEmpty(asked);
            Assert.Empty(asked.Except(known));
        }
    }

    [GeneratedRegex("(?<!^)(?=[A-Z])", RegexOptions.None, 1000)]
    private static partial Regex WordStart();

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (?<type>[a-z]+)$", RegexOptions.Multiline, 1000)]
    private static partial Regex Family();

    [GeneratedRegex("- record: (?<name>[a-z0-9_:]+)", RegexOptions.None, 1000)]
    private static partial Regex Recorded();

    /// <summary>The expression of a panel (JSON), or of a rule up to the next key (YAML).</summary>
    [GeneratedRegex(
        "\"expr\": \"[^\n]*|expr: (?:(?!\n +(?:for|labels):|\n +- |\n\n)[^\0])*", RegexOptions.None, 1000)]
    private static partial Regex Expression();

    /// <summary>Names of metrics, recorded ones included.</summary>
    [GeneratedRegex("(?<![a-z_:])(?:[a-z_]+:)?(?:jobnode|process)_[a-z_]+(?::[a-z0-9_]+)?", RegexOptions.None, 1000)]
    private static partial Regex Asked();
}
