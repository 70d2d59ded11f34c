using System.Diagnostics;
using System.Globalization;
using JobNode.Tests.Support;

namespace JobNode.Bench.Systems;

/// <summary>Nodes of the published binary on loopback that join, leave, and are killed.</summary>
internal sealed class ElasticCluster : IAsyncDisposable
{
    private static readonly string[] Arguments = ["--workers", "1", "--replace-after", "5s"];
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly List<NodeProcess> _members = [];
    private readonly List<NodeProcess> _all = [];
    private readonly SemaphoreSlim _oneDown = new(1);
    private readonly long _begin = Stopwatch.GetTimestamp();

    /// <summary>Those that are in the cluster, also while one is down.</summary>
    public IReadOnlyList<NodeProcess> Members
    {
        get
        {
            lock (_lock)
            {
                return [.. _members];
            }
        }
    }

    /// <summary>Times that a node was killed.</summary>
    public int Kills { get; private set; }

    /// <summary>Sentences about what did not go as it should.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Told of the members whenever they change.</summary>
    public Action<IReadOnlyList<NodeProcess>> Changed { get; set; } = static _ => { };

    /// <summary>One that runs.</summary>
    public NodeProcess AnyRunning() => Members.FirstOrDefault(static node => node.IsRunning) ?? Members[0];

    /// <summary>Prints a line with the time since the start.</summary>
    public void Note(string text) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_begin).TotalSeconds,6:F1} s  {text}"));

    /// <summary>Starts a node: the first is a cluster, each other one joins by naming one of it.</summary>
    public async Task GrowAsync(Random random)
    {
        IReadOnlyList<NodeProcess> members = Members;
        var node = new NodeProcess(Arguments)
        {
            Peers = members.Count == 0 ? [] : [members[random.Next(members.Count)].ClusterAddress],
        };
        lock (_lock)
        {
            _all.Add(node);
        }

        TimeSpan took = await node.StartAndWaitAsync();
        lock (_lock)
        {
            _members.Add(node);
        }

        Changed(Members);
        Note(string.Create(
            CultureInfo.InvariantCulture,
            $"grown to {Members.Count}: {node.ClusterAddress} ready after {took.TotalSeconds:F2} s"));
    }

    /// <summary>Lets a node leave by <c>jobnode drain --leave</c>.</summary>
    public async Task ShrinkAsync(Random random)
    {
        await _oneDown.WaitAsync();
        try
        {
            NodeProcess node = Members[random.Next(Members.Count)];
            long begin = Stopwatch.GetTimestamp();
            CommandRun run = await CommandRun.RunAsync(
                PublishedBinary.Path, ["drain", "--leave", "--node", node.ApiAddress]);
            int exitCode = await node.EndAsync().WaitAsync(ExitTimeout);
            if (run.ExitCode != 0 || exitCode != 0)
            {
                Fault($"drain of {node.ClusterAddress}: exit {run.ExitCode}, the node {exitCode}: {run}");
            }

            lock (_lock)
            {
                _members.Remove(node);
            }

            Changed(Members);
            Note(string.Create(
                CultureInfo.InvariantCulture,
                $"shrunk to {Members.Count}: {node.ClusterAddress} left within "
                + $"{Stopwatch.GetElapsedTime(begin).TotalSeconds:F2} s"));
        }
        finally
        {
            _oneDown.Release();
        }
    }

    /// <summary>kill -9 of a random node, and a start again after a moment; one node is down at a time.</summary>
    public async Task KillOneAsync(Random random, CancellationToken cancellation)
    {
        await _oneDown.WaitAsync(cancellation);
        try
        {
            NodeProcess node = Members[random.Next(Members.Count)];
            await node.KillAsync();
            Kills++;
            Note($"killed {node.ClusterAddress}");
            await Task.Delay(random.Next(200, 7_000), CancellationToken.None);
            TimeSpan took = await node.StartAndWaitAsync();
            Note(string.Create(
                CultureInfo.InvariantCulture, $"{node.ClusterAddress} is back after {took.TotalSeconds:F2} s"));
        }
        finally
        {
            _oneDown.Release();
        }
    }

    /// <summary>Writes down what went wrong; the run goes on and fails at its end.</summary>
    public void Fault(string sentence)
    {
        Note($"FAULT {sentence}");
        lock (_lock)
        {
            Faults.Add(sentence);
        }
    }

    /// <summary>Writes what every node said into a folder.</summary>
    public void SaveOutputs(string folder)
    {
        Directory.CreateDirectory(folder);
        lock (_lock)
        {
            foreach (NodeProcess node in _all)
            {
                string name = node.ClusterAddress.Replace(':', '-');
                File.WriteAllText(Path.Combine(folder, $"{name}.log"), node.Output);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (NodeProcess node in _all)
        {
            await node.DisposeAsync();
        }

        _oneDown.Dispose();
    }
}
