using System.Globalization;
using JobNode.Chaos.Hosts;

namespace JobNode.Chaos.Faults;

/// <summary>kill -9; the processes stay down for the time.</summary>
internal sealed class KillFault(FaultScene scene, Func<FaultScene, IReadOnlyList<Host>> choose) : IFault
{
    private IReadOnlyList<Host> _hosts = [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_hosts);

    /// <inheritdoc/>
    public string Description => $"kill -9 of {FaultScene.Spoken(_hosts)}";

    /// <inheritdoc/>
    public Task BeginAsync(CancellationToken cancellation)
    {
        _hosts = choose(scene);
        return Down.BringAsync(_hosts);
    }

    /// <inheritdoc/>
    public Task EndAsync()
    {
        Down.Release(_hosts);
        return Task.CompletedTask;
    }
}

/// <summary>
/// The power goes: kill -9, and what no sync has covered is gone from the disks, page by page, as the dice fall.
/// </summary>
internal sealed class PowerCutFault(FaultScene scene, bool isForAll) : IFault
{
    /// <summary>So that writes are under way when the power goes: else hardly any would be unsynced.</summary>
    private const int SlowSyncMs = 40;

    private const int SlowForMs = 500;

    private IReadOnlyList<Host> _hosts = [];
    private int _lost;

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_hosts);

    /// <inheritdoc/>
    public string Description => string.Create(
        CultureInfo.InvariantCulture, $"power cut at {FaultScene.Spoken(_hosts)}, {_lost} unsynced pages lost");

    /// <inheritdoc/>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        _hosts = isForAll ? [.. scene.Cluster.Members] : scene.Minority();
        SlowDown(SlowSyncMs);
        await Task.Delay(SlowForMs + scene.Random.Next(SlowForMs), cancellation);
        await Down.BringAsync(_hosts);
        SlowDown(0);
        foreach (Host host in _hosts)
        {
            _lost += host.Disk.LoseUnsynced(host.Shim, scene.Random);
        }
    }

    /// <inheritdoc/>
    public Task EndAsync()
    {
        Down.Release(_hosts);
        return Task.CompletedTask;
    }

    private void SlowDown(int milliseconds)
    {
        foreach (Host host in _hosts)
        {
            host.Shim.SlowSyncMs = milliseconds;
        }
    }
}

/// <summary>SIGSTOP, later SIGCONT: one, some, or the leader.</summary>
internal sealed class PauseFault(FaultScene scene) : IFault
{
    private IReadOnlyList<Host> _hosts = [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_hosts);

    /// <inheritdoc/>
    public string Description => $"SIGSTOP of {FaultScene.Spoken(_hosts)}";

    /// <inheritdoc/>
    public Task BeginAsync(CancellationToken cancellation)
    {
        _hosts = scene.Random.Next(4) == 0
            ? scene.SomeVoters(scene.Random.Next(1, scene.Cluster.Nodes + 1))
            : scene.Minority();
        foreach (Host host in _hosts)
        {
            host.Pause();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task EndAsync()
    {
        foreach (Host host in _hosts)
        {
            host.Resume();
        }

        return Task.CompletedTask;
    }
}

/// <summary>Every member in turn is asked to end (SIGTERM), and started again when it has.</summary>
internal sealed class RestartFault(FaultScene scene) : IFault
{
    private const int BackTimeoutMs = 10_000;
    private const int PollMs = 100;

    private volatile bool _isOver;
    private Task _round = Task.CompletedTask;
    private IReadOnlyList<Host> _hosts = [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_hosts);

    /// <inheritdoc/>
    public string Description => $"rolling restart of {FaultScene.Spoken(_hosts)}";

    /// <inheritdoc/>
    public Task BeginAsync(CancellationToken cancellation)
    {
        _hosts = [.. scene.Cluster.Members];
        _round = Task.Run(RestartAllAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task EndAsync()
    {
        _isOver = true;
        await _round;
    }

    private async Task RestartAllAsync()
    {
        foreach (Host host in _hosts)
        {
            if (_isOver)
            {
                return;
            }

            host.Hold();
            bool isByItself = await host.TerminateAsync();
            scene.Cluster.Count(isByItself ? "ended in order after SIGTERM" : "killed when SIGTERM took too long");
            host.Release();
            for (int waited = 0; waited < BackTimeoutMs && !_isOver; waited += PollMs)
            {
                if (host.IsRunning && scene.Cluster.StateOf(host)?.State == "ready")
                {
                    break;
                }

                await Task.Delay(PollMs, CancellationToken.None);
            }
        }
    }
}

/// <summary>Brings hosts down and lets them come up again.</summary>
internal static class Down
{
    /// <summary>Kills all at the same time; nobody starts them.</summary>
    public static Task BringAsync(IReadOnlyList<Host> hosts)
    {
        foreach (Host host in hosts)
        {
            host.Hold();
        }

        return Task.WhenAll(hosts.Select(host => host.KillAsync()));
    }

    /// <summary>They may be started again.</summary>
    public static void Release(IReadOnlyList<Host> hosts)
    {
        foreach (Host host in hosts)
        {
            host.Release();
        }
    }
}
