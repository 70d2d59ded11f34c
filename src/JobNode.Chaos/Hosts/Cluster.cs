using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using JobNode.Chaos.Networks;

namespace JobNode.Chaos.Hosts;

/// <summary>
/// All hosts, the network between them, and who looks after them: starts what is down and wanted, asks every node for
/// its state twice a second, and notes what must never be.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    /// <summary>The excuse of a host that is removed by command.</summary>
    public const string RemovedExcuse = "removed";

    private const string DamagedEvent = "JobNode.Host[6006]";
    private const string RebuiltEvent = "JobNode.Host[6007]";
    private const string LostEvent = "JobNode.Host[6008]";
    private const int SuperviseMs = 200;
    private const int PollMs = 500;
    private const int FreshMs = 3_000;
    private const int WordsShown = 600;

    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Host, (NodeState State, long At)> _states = new();
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _findings = new();
    private readonly List<Task> _loops = [];
    private readonly RunLog _log;

    /// <summary>Makes hosts and network; starts nothing.</summary>
    /// <param name="nodes">Members, all of them voters.</param>
    /// <param name="spares">Further hosts, that join at times.</param>
    /// <param name="settings">What the hosts have in common.</param>
    /// <param name="log">Where to say what happens.</param>
    public Cluster(int nodes, int spares, HostSettings settings, RunLog log)
    {
        Nodes = nodes;
        _log = log;
        Network = new PacketSwitch();
        HostNetwork.Prepare(Network);
        Hosts = [.. Enumerable.Range(1, nodes + spares).Select(number => new Host(number, settings))];
        foreach (Host host in Hosts)
        {
            host.IsMember = host.Number <= nodes;
            HostNetwork.Add(Network, host);
        }
    }

    /// <summary>How many voters the cluster is to have.</summary>
    public int Nodes { get; }

    /// <summary>All hosts, spare ones last.</summary>
    public IReadOnlyList<Host> Hosts { get; }

    /// <summary>Those that are to be members now.</summary>
    public IEnumerable<Host> Members => Hosts.Where(host => host.IsMember);

    /// <summary>Between them.</summary>
    public PacketSwitch Network { get; }

    /// <summary>What must never be, and was.</summary>
    public IReadOnlyCollection<string> Findings => _findings;

    /// <summary>What the supervisor did, by kind.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>Starts all members and begins to look after them.</summary>
    public void Start()
    {
        _loops.Add(Task.Run(SuperviseAsync));
        _loops.AddRange(Hosts.Select(host => Task.Run(() => PollAsync(host))));
    }

    /// <summary>What must never be.</summary>
    public void Find(string sentence)
    {
        _findings.Enqueue(sentence);
        _log.Say($"FOUND: {sentence}");
    }

    /// <summary>Counts something that was done.</summary>
    public void Count(string what) => _counts.AddOrUpdate(what, 1, static (_, count) => count + 1);

    /// <summary>A host's latest state; null when it has not answered for a while.</summary>
    public NodeState? StateOf(Host host) => _states.TryGetValue(host, out (NodeState State, long At) seen)
        && Stopwatch.GetElapsedTime(seen.At).TotalMilliseconds < FreshMs
        ? seen.State
        : null;

    /// <summary>Who leads, as far as is known.</summary>
    public Host? Leader => Hosts.Where(host => host.IsRunning && StateOf(host)?.Role == "leader")
        .MaxBy(host => StateOf(host)!.Term);

    /// <summary>
    /// The members with a vote, as the leader or else anybody has it; all first members when none answers.
    /// </summary>
    public IReadOnlyList<Host> Voters
    {
        get
        {
            NodeState? state = (Leader is { } leader ? StateOf(leader) : null)
                ?? Hosts.Select(StateOf).FirstOrDefault(known => known is not null);
            Host[] voters = state is null
                ? []
                : [.. Hosts.Where(host => state.Members.Any(m => m.IsVoter && m.Address == host.ClusterAddress))];
            return voters.Length > 0 ? voters : [.. Hosts.Take(Nodes)];
        }
    }

    /// <summary>Takes all faults back that need no waiting: network, disks, clocks, frozen processes.</summary>
    public void Heal()
    {
        Network.Heal();
        foreach (Host host in Hosts)
        {
            host.Shim.Heal();
            host.Disk.Empty();
            host.Resume();
        }
    }

    /// <summary>
    /// Waits until all members answer, agree about who leads and who is in, have their votes and caught up.
    /// </summary>
    /// <returns>Null when they did within the time, else what was missing at the end.</returns>
    public async Task<string?> WaitUntilHealthyAsync(TimeSpan limit, CancellationToken cancellation)
    {
        long begin = Stopwatch.GetTimestamp();
        ulong target = _states.Values.Select(seen => seen.State.AppliedIndex).DefaultIfEmpty().Max();
        while (true)
        {
            string? missing = Missing(target);
            if (missing is null || Stopwatch.GetElapsedTime(begin) > limit)
            {
                return missing;
            }

            await Task.Delay(SuperviseMs, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        foreach (Host host in Hosts)
        {
            host.Dispose();
        }

        Network.Dispose();
        _stop.Dispose();
    }

    /// <summary>What keeps the cluster from being whole, or null.</summary>
    private string? Missing(ulong target)
    {
        Host[] members = [.. Members];
        foreach (Host host in members)
        {
            if (!host.IsRunning)
            {
                return $"{host.Name} does not run";
            }

            if (StateOf(host) is not { } state)
            {
                return $"{host.Name} gives no status";
            }

            if (state.State != "ready" || state.Leader is null || state.Role is "none" or "candidate")
            {
                return $"{host.Name} is {state.State}, role {state.Role}, leader {state.Leader ?? "unknown"}";
            }

            if (state.AppliedIndex < target)
            {
                return $"{host.Name} applied {state.AppliedIndex} of {target} entries";
            }

            string[] others = [.. state.Members.Select(member => member.Address).Order(StringComparer.Ordinal)];
            string[] wanted = [.. members.Select(member => member.ClusterAddress).Order(StringComparer.Ordinal)];
            if (!others.SequenceEqual(wanted, StringComparer.Ordinal))
            {
                return $"{host.Name} has the members {string.Join(' ', others)}";
            }

            int voters = state.Members.Count(member => member.IsVoter);
            if (voters != Nodes)
            {
                return $"{host.Name} knows {voters} voters instead of {Nodes}";
            }
        }

        string?[] leaders = [.. members.Select(host => StateOf(host)?.Leader).Distinct(StringComparer.Ordinal)];
        return leaders.Length == 1 ? null : $"different leaders are known: {string.Join(' ', leaders)}";
    }

    private async Task SuperviseAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            foreach (Host host in Hosts)
            {
                Listen(host);
            }

            foreach (Host host in Hosts.Where(host => host.IsWanted && !host.IsRunning))
            {
                if (host.ExitCode is { } code)
                {
                    if (Stopwatch.GetElapsedTime(host.StartedAt) < RestartPause)
                    {
                        // One that ends at once is not started again at once.
                        continue;
                    }

                    Explain(host, code);
                }

                host.StartIfWanted();
            }

            await Task.Delay(SuperviseMs, CancellationToken.None);
        }
    }

    /// <summary>Data that is called damaged though nobody damaged it is a find.</summary>
    private void Listen(Host host)
    {
        foreach (string line in host.NewLines())
        {
            if (line.Contains(RebuiltEvent, StringComparison.Ordinal))
            {
                Count("rebuilt by itself after damage");
                host.IsDamaged = false;
            }
            else if (line.Contains(LostEvent, StringComparison.Ordinal)
                || line.Contains(DamagedEvent, StringComparison.Ordinal))
            {
                _log.Say($"{host.Name}: {line}");
                if (!host.IsDamaged)
                {
                    Find($"{host.Name} calls its data damaged, and nobody damaged it: {line}");
                }
            }
        }
    }

    /// <summary>Why did it end? A node that refuses damaged data gets an empty disk, as the manual says.</summary>
    private void Explain(Host host, int code)
    {
        if (host.IsEndExpected)
        {
            host.IsEndExpected = false;
            return;
        }

        string words = host.LastWords().Trim();
        words = words[^Math.Min(words.Length, WordsShown)..];
        if (host.IsDamaged && words.Contains("damaged", StringComparison.OrdinalIgnoreCase))
        {
            _log.Say($"{host.Name} refuses its data, and gets an empty disk: {LastLine(words)}");
            Count("wiped after refusing damaged data");
            host.Disk.Wipe();
            host.Shim.ForgetUnsyncedWrites();
            host.IsDamaged = false;
        }
        else if (host.Excuse == RemovedExcuse && words.Contains("never comes back", StringComparison.Ordinal))
        {
            _log.Say($"{host.Name} was removed, and comes back as a new machine");
            Count("wiped after removal");
            host.Disk.Wipe();
            host.Shim.ForgetUnsyncedWrites();
        }
        else if (host.Excuse is { } excuse)
        {
            _log.Say($"{host.Name} ended with {code} ({excuse}): {LastLine(words)}");
            Count($"started again after its end: {excuse}");
        }
        else
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"start {host.Starts}");
            Find($"{host.Name} ended with {code} unasked ({place}): {words}");
        }
    }

    private static string LastLine(string words) => words.Split('\n')[^1];

    private async Task PollAsync(Host host)
    {
        while (!_stop.IsCancellationRequested)
        {
            if (host.IsRunning && !host.IsPaused)
            {
                try
                {
                    if (await NodeState.TryReadAsync(host, _stop.Token) is { } state)
                    {
                        _states[host] = (state, Stopwatch.GetTimestamp());
                    }
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }

            await Task.Delay(PollMs, CancellationToken.None);
        }
    }
}
