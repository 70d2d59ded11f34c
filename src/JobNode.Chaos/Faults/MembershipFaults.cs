using JobNode.Chaos.Hosts;

namespace JobNode.Chaos.Faults;

/// <summary>
/// A spare host joins; when it is a member already, it leaves for good (<c>drain --leave</c>).
/// </summary>
internal sealed class JoinLeaveFault(FaultScene scene) : IFault
{
    private Host? _host;
    private string _what = "";

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_host is null ? [] : [_host]);

    /// <inheritdoc/>
    public string Description => $"{_host?.Name} {_what}";

    /// <inheritdoc/>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        _host = scene.Cluster.Hosts[^1];
        if (!_host.IsMember)
        {
            _what = "joins";
            _host.Disk.Wipe();
            _host.Shim.ForgetUnsyncedWrites();
            _host.IsMember = true;
            return;
        }

        bool hasLeft = await Leaving.LeaveAsync(scene, _host);
        _host.IsMember = !hasLeft;
        _what = hasLeft ? "leaves for good" : "was to leave, and could not";
        if (!hasLeft)
        {
            _host.Release();
        }
    }

    /// <inheritdoc/>
    public Task EndAsync()
    {
        if (_host is { IsMember: false })
        {
            _host.Release();
        }

        return Task.CompletedTask;
    }
}

/// <summary>A voter leaves (<c>drain --leave</c>), and comes back as a new machine.</summary>
internal sealed class LeaveFault(FaultScene scene) : IFault
{
    private Host? _host;
    private bool _hasLeft;

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_host is null ? [] : [_host]);

    /// <inheritdoc/>
    public string Description =>
        $"{_host?.Name} {(_hasLeft ? "leaves" : "was to leave, and could not")}, and comes back empty";

    /// <inheritdoc/>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        _host = scene.OneVoter();
        _hasLeft = await Leaving.LeaveAsync(scene, _host);
    }

    /// <inheritdoc/>
    public Task EndAsync()
    {
        _host?.Release();
        return Task.CompletedTask;
    }
}

/// <summary>A member is removed by command while it runs; later it comes back as a new machine.</summary>
internal sealed class RemoveFault(FaultScene scene) : IFault
{
    private Host? _host;
    private string _outcome = "";

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_host is null ? [] : [_host]);

    /// <inheritdoc/>
    public string Description => $"{_host?.Name} is removed by command, and comes back empty: {_outcome}";

    /// <inheritdoc/>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        _host = scene.OneVoter();
        if (scene.Cluster.StateOf(_host) is not { } state
            || scene.Cluster.Voters.FirstOrDefault(host => host != _host && host.IsRunning) is not { } asked)
        {
            _outcome = "nobody could be asked";
            return;
        }

        _host.Excuse = "removed";
        (int code, string output) = await scene.VerbAsync(asked, "members", "remove", state.NodeId);
        _outcome = code == 0 ? "done" : output.Split('\n')[0];
    }

    /// <inheritdoc/>
    public async Task EndAsync()
    {
        if (_host is null || _outcome.Length == 0 || _host.Excuse is null)
        {
            return;
        }

        await Down.BringAsync([_host]);
        _host.Disk.Wipe();
        _host.Shim.ForgetUnsyncedWrites();
        Down.Release([_host]);
    }
}

/// <summary>Leadership moves by command.</summary>
internal sealed class TransferFault(FaultScene scene) : IFault
{
    private string _outcome = "";
    private Host? _host;

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_host is null ? [] : [_host]);

    /// <inheritdoc/>
    public string Description => $"leadership is handed over by {_host?.Name}: {_outcome}";

    /// <inheritdoc/>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        _host = scene.Cluster.Leader ?? scene.OneVoter();
        (int code, string output) = await scene.VerbAsync(_host, "transfer");
        _outcome = code == 0 ? "done" : output.Split('\n')[0];
    }

    /// <inheritdoc/>
    public Task EndAsync() => Task.CompletedTask;
}

/// <summary>How a host leaves.</summary>
internal static class Leaving
{
    /// <summary>
    /// Asks it to leave; afterwards it is held down and empty, whether it could or not: a machine that is given up is
    /// given up. Gives true when it could.
    /// </summary>
    public static async Task<bool> LeaveAsync(FaultScene scene, Host host)
    {
        host.Hold();
        (int code, string output) = await scene.VerbAsync(host, "drain", "--leave");
        await host.KillAsync();
        host.Disk.Wipe();
        host.Shim.ForgetUnsyncedWrites();
        if (code != 0)
        {
            scene.Log.Say($"{host.Name} could not leave: {output.Split('\n')[^1]}");
        }

        return code == 0;
    }
}
