using JobNode.Chaos.Hosts;

namespace JobNode.Chaos;

/// <summary>The entry point: a cluster of the published binary, faults, load, and a verdict.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        ChaosOptions options = ChaosOptions.Parse(arguments);
        Directory.CreateDirectory(options.Results);
        using RunLog log = new(Path.Join(options.Results, "run.log"));
        string disks = "/tmp/chaos-try";
        Directory.CreateDirectory(disks);
        HostSettings settings = new(options.Binary, options.Shim, disks, options.Results, 1024,
            string.Join(',', Enumerable.Range(1, options.Nodes).Select(n => $"{HostNetwork.Prefix}{n}:5001")),
            $"--workers 1 --voters {options.Nodes} --replace-after 30s --min-free-disk 16MiB");
        await using Cluster cluster = new(options.Nodes, 1, settings, log);
        cluster.Start();
        log.Say(await cluster.WaitUntilHealthyAsync(TimeSpan.FromSeconds(30), default) ?? "healthy");
        Host h = cluster.Hosts[0];
        h.Shim.ClockOffsetMs = 3600_000;
        using HttpResponseMessage m = await h.Client.PutAsync("enqueue?iterations=3", new ByteArrayContent([1, 2, 3]));
        string text = await m.Content.ReadAsStringAsync();
        log.Say($"{(int)m.StatusCode} {text}");
        string id = System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!;
        await Task.Delay(500);
        log.Say(await h.Client.GetStringAsync($"jobs/{id}"));
        foreach (Host host in cluster.Hosts)
        {
            log.Say($"{host.Name} {host.Shim.Hits} unsynced {host.Shim.UnsyncedWrites().Count}");
        }
        cluster.Leader!.Shim.FailingSyncs = 1;
        cluster.Leader!.Shim.ClockOffsetMs = 7200_000;
        Host old = cluster.Leader!;
        old.Excuse = "failed sync";
        using HttpResponseMessage m2 = await h.Client.PutAsync("enqueue?iterations=3", new ByteArrayContent([1, 2, 3]));
        text = await m2.Content.ReadAsStringAsync();
        log.Say($"{(int)m2.StatusCode} {text}");
        await Task.Delay(3000);
        log.Say(await cluster.WaitUntilHealthyAsync(TimeSpan.FromSeconds(30), default) ?? "healthy");
        foreach (Host host in cluster.Hosts)
        {
            log.Say($"{host.Name} {host.Shim.Hits} unsynced {host.Shim.UnsyncedWrites().Count}");
        }
        foreach (Host host in cluster.Hosts) { Console.WriteLine(host.Starts > 0 ? host.LastWords() : "-"); }
        return 0;
    }
}
