using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace JobNode.Tests.Support;

/// <summary>
/// Debian's Prometheus on loopback with the rules of deploy/prometheus, at a haste: it scrapes twice a second, and
/// windows and waiting times are seconds.
/// </summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    private const int PatienceMs = 60_000;

    /// <summary>Label of a target that is scraped by HTTPS.</summary>
    private const string Scheme = "__scheme__";

    private readonly TemporaryFolder _folder = new();
    private readonly List<object[]> _targets = [];
    private readonly Process _process;
    private readonly HttpClient _client;

    private PrometheusServer(string rules)
    {
        int port = LoopbackPorts.Next();
        File.WriteAllText(_folder.PathOf("rules.yml"), rules);
        File.WriteAllText(_folder.PathOf("targets.json"), "[]");
        File.WriteAllText(
            _folder.PathOf("prometheus.yml"),
            """
            global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms}
            rule_files: [rules.yml]
            scrape_configs:
              - job_name: jobnode
                tls_config: {insecure_skip_verify: true}
                file_sd_configs: [{files: [targets.json]}]
            """);
        _process = Process.Start(new ProcessStartInfo("prometheus",
        [
            $"--config.file={_folder.PathOf("prometheus.yml")}", $"--storage.tsdb.path={_folder.PathOf("data")}",
            $"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ])
        { UseShellExecute = false })!;
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    /// <summary>The rules as they are delivered.</summary>
    public static string Rules { get; } = File.ReadAllText(Repository.PathOf("deploy/prometheus/jobnode.rules.yml"));

    /// <summary>Starts one and waits until it is ready.</summary>
    public static async Task<PrometheusServer> StartAsync()
    {
        string hasty = Window().Replace(Wait().Replace(Rules, "for: 1s"), "[30s]")
            .Replace("> 3600", "> 2", StringComparison.Ordinal);
        var server = new PrometheusServer(hasty);
        long begin = Stopwatch.GetTimestamp();
        while (!await server.IsReadyAsync())
        {
            if (server._process.HasExited || Stopwatch.GetElapsedTime(begin).TotalMilliseconds > PatienceMs)
            {
                await server.DisposeAsync();
                throw new InvalidOperationException("prometheus did not start");
            }

            await Task.Delay(50);
        }

        return server;
    }

    /// <summary>Scrapes these from now on, as one cluster.</summary>
    public void Watch(string cluster, IEnumerable<string> addresses, string scheme = "http")
    {
        _targets.Add([cluster, addresses.ToArray(), scheme]);
        string groups = JsonSerializer.Serialize(_targets.Select(target => new Dictionary<string, object>
        {
            ["targets"] = target[1],
            ["labels"] = new Dictionary<string, object> { ["job"] = target[0], [Scheme] = target[2] },
        }));
        string next = _folder.PathOf("targets.new");
        File.WriteAllText(next, groups);
        File.Move(next, _folder.PathOf("targets.json"), overwrite: true);
    }

    /// <summary>The value of each series that an expression gives, by its labels.</summary>
    public async Task<IReadOnlyList<(IReadOnlyDictionary<string, string> Labels, double Value)>> QueryAsync(
        string expression)
    {
        string text = await _client.GetStringAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}");
        using JsonDocument answer = JsonDocument.Parse(text);
        return
        [
            .. answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Select(series => (
                (IReadOnlyDictionary<string, string>)series.GetProperty("metric").EnumerateObject()
                    .ToDictionary(label => label.Name, label => label.Value.GetString()!),
                double.Parse(series.GetProperty("value")[1].GetString()!))),
        ];
    }

    /// <summary>Waits until an expression gives something.</summary>
    /// <exception cref="TimeoutException">It did not within a minute.</exception>
    public async Task WaitAsync(string expression)
    {
        long begin = Stopwatch.GetTimestamp();
        while ((await QueryAsync(expression)).Count == 0)
        {
            if (Stopwatch.GetElapsedTime(begin).TotalMilliseconds > PatienceMs)
            {
                var firing = await QueryAsync("ALERTS");
                throw new TimeoutException(
                    $"nothing for {expression}; alerts: "
                    + string.Join(", ", firing.Select(alert => $"{alert.Labels["alertname"]} {alert.Labels["job"]}")));
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Waits until all these addresses answer.</summary>
    public Task WaitUntilUpAsync(string cluster, int count) =>
        WaitAsync($"count(up{{job=\"{cluster}\"}} == 1) == {count}");

    /// <summary>Waits until an alert fires.</summary>
    public Task WaitForAlertAsync(string alert, string cluster) =>
        WaitAsync($"ALERTS{{alertname=\"{alert}\",alertstate=\"firing\",job=\"{cluster}\"}}");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _client.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using HttpResponseMessage response = await _client.GetAsync("/-/ready");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"for: \d+[smhd]", RegexOptions.None, 1000)]
    private static partial Regex Wait();

    [GeneratedRegex(@"\[\d+[smhd]\]", RegexOptions.None, 1000)]
    private static partial Regex Window();
}
