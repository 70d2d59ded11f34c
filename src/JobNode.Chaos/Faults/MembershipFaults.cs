using JobNode.Chaos.Hosts;

namespace JobNode.Chaos.Faults;

/// <summary>
/// A spare host joins; when it is a member already, it leaves for good (<c>drain --leave</c>).
/// </summary>
internal sealed class JoinLeaveFault(FaultScene scene) : IFault
{
    private readonly Host _host = scene.Cluster.Hosts[^1];
    private Task<bool>? _leaving;

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => [_host.Name];

    /// <inheritdoc/>
    public string Description => _leaving is null ? $"{_host.Name} joins" : $"{_host.Name} is told to leave for good";

    /// <inheritdoc/>
    public Task BeginAsync(CancellationToken cancellation)
    {
        if (_host.IsMember)
        {
            _leaving = Leaving.LeaveAsync(scene, _host);
        }
        else
        {
            _host.Disk.Wipe();
            _host.Shim.ForgetUnsyncedWrites();
            _host.IsMember = true;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task EndAsync()
    {
        if (_leaving is not null)
        {
            // One that could not leave is a member still, and comes back as it was.
            _host.IsMember = !await _leaving;
            _host.Release();
        }
    }
}

/// <summary>A voter leaves (<c>drain --leave</c>), and comes back as a new machine.</summary>
internal sealed class LeaveFault(FaultScene scene) : IFault
{
    private Host? _host;
    private Task<bool> _leaving = Task.FromResult(false);

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_host is null ? [] : [_host]);

    /// <inheritdoc/>
    public string Description => $"{_host?.Name} is told to leave, and comes back";

    /// <inheritdoc/>
    public Task BeginAsync(CancellationToken cancellation)
    {
        _host = scene.OneVoter();
        _leaving = Leaving.LeaveAsync(scene, _host);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task EndAsync()
    {
        await _leaving;
        _host?.Release();
    }
}

/// <summary>A member is removed by command while it runs; it ends, and comes back as a new machine.</summary>
internal sealed class RemoveFault(FaultScene scene) : IFault
{
    private Host? _host;
    private Task _removal = Task.CompletedTask;

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_host is null ? [] : [_host]);

    /// <inheritdoc/>
    public string Description => $"{_host?.Name} is removed by command, and comes back empty";

    /// <inheritdoc/>
    public Task BeginAsync(CancellationToken cancellation)
    {
        // A leader is not removed: the product asks for a transfer first.
        _host = scene.Any<Host>([.. scene.Cluster.Voters.Where(host => host != scene.Cluster.Leader)]);
        Host asked = scene.Any<Host>([.. scene.Cluster.Members.Where(host => host != _host)]);
        if (scene.Cluster.StateOf(_host) is { } state)
        {
            _host.Excuse = Cluster.RemovedExcuse;
            _removal = Verb.RunAsync(scene, asked, "members", "remove", state.NodeId);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task EndAsync() => _removal;
}

/// <summary>Leadership moves by command.</summary>
internal sealed class TransferFault(FaultScene scene) : IFault
{
    private Host? _host;
    private Task _transfer = Task.CompletedTask;

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_host is null ? [] : [_host]);

    /// <inheritdoc/>
    public string Description => $"{_host?.Name} is told to hand over the leadership";

    /// <inheritdoc/>
    public Task BeginAsync(CancellationToken cancellation)
    {
        _host = scene.Cluster.Leader ?? scene.OneVoter();
        _transfer = Verb.RunAsync(scene, _host, "transfer");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task EndAsync() => _transfer;
}

/// <summary>A command of the program, whose outcome is counted.</summary>
internal static class Verb
{
    /// <summary>Gives true when it said that it was done.</summary>
    public static async Task<bool> RunAsync(FaultScene scene, Host host, params string[] arguments)
    {
        (int code, string output) = await scene.VerbAsync(host, arguments);
        scene.Cluster.Count($"jobnode {arguments[0]}: {(code == 0 ? "done" : "refused or given up")}");
        if (code != 0)
        {
            scene.Log.Say($"{host.Name}: jobnode {string.Join(' ', arguments)}: {output.Split('\n')[^1]}");
        }

        return code == 0;
    }
}

/// <summary>How a host leaves.</summary>
internal static class Leaving
{
    /// <summary>
    /// Asks it to leave, and ends it. Empty is only who could leave: a voter that could not may be one of two, and the
    /// loss of its disk more than a minority. Gives true when it could.
    /// </summary>
    public static async Task<bool> LeaveAsync(FaultScene scene, Host host)
    {
        host.Hold();
        host.IsEndExpected = true;
        bool hasLeft = await Verb.RunAsync(scene, host, "drain", "--leave");
        await host.KillAsync();
        if (hasLeft)
        {
            host.Disk.Wipe();
            host.Shim.ForgetUnsyncedWrites();
        }

        return hasLeft;
    }
}
