using System.Globalization;
using JobNode.Chaos.Hosts;

namespace JobNode.Chaos.Faults;

/// <summary>A setting below the C library of some hosts, for the time.</summary>
internal abstract class MachineFault(FaultScene scene) : IFault
{
    /// <summary>Those that it meets.</summary>
    protected IReadOnlyList<Host> Hosts { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(Hosts);

    /// <inheritdoc/>
    public abstract string Description { get; }

    /// <summary>Where and with whom it happens.</summary>
    protected FaultScene Scene => scene;

    /// <inheritdoc/>
    public virtual Task BeginAsync(CancellationToken cancellation)
    {
        Hosts = Choose();
        foreach (Host host in Hosts)
        {
            Spoil(host);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public virtual Task EndAsync()
    {
        foreach (Host host in Hosts)
        {
            Mend(host);
        }

        return Task.CompletedTask;
    }

    /// <summary>Whom to meet.</summary>
    protected virtual IReadOnlyList<Host> Choose() => Scene.Minority();

    /// <summary>Does it to one.</summary>
    protected abstract void Spoil(Host host);

    /// <summary>Takes it back.</summary>
    protected abstract void Mend(Host host);
}

/// <summary>Wall clocks jump, by seconds to hours, forward or back, and jump back in the end.</summary>
internal sealed class ClockFault(FaultScene scene) : MachineFault(scene)
{
    private const int HoursMax = 6;
    private readonly Dictionary<Host, TimeSpan> _jumps = [];

    /// <inheritdoc/>
    public override string Description => "clocks jump: " + string.Join(' ', _jumps.Select(jump => string.Create(
        CultureInfo.InvariantCulture, $"{jump.Key.Name} {jump.Value.TotalSeconds:+0;-0} s")));

    /// <inheritdoc/>
    protected override IReadOnlyList<Host> Choose() =>
        Scene.SomeVoters(Scene.Random.Next(1, Scene.Cluster.Nodes + 1));

    /// <inheritdoc/>
    protected override void Spoil(Host host)
    {
        TimeSpan reach = Scene.Any<TimeSpan>(
            [TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10), TimeSpan.FromHours(HoursMax)]);
        TimeSpan jump = reach * ((2 * Scene.Random.NextDouble()) - 1);
        _jumps[host] = jump;
        host.Shim.ClockOffsetMs = (long)jump.TotalMilliseconds;
    }

    /// <inheritdoc/>
    protected override void Mend(Host host) => host.Shim.ClockOffsetMs = 0;
}

/// <summary>Disks run full, down to the last page or nearly.</summary>
internal sealed class DiskFullFault(FaultScene scene) : MachineFault(scene)
{
    /// <inheritdoc/>
    public override string Description => $"disk full at {FaultScene.Spoken(Hosts)}";

    /// <inheritdoc/>
    protected override IReadOnlyList<Host> Choose() =>
        Scene.Random.Next(4) == 0 ? [.. Scene.Cluster.Members] : Scene.Minority();

    /// <inheritdoc/>
    protected override void Spoil(Host host)
    {
        host.Excuse = "disk full";
        host.Disk.Fill(Scene.Any<long>([0, 0, 64 << 10, 2 << 20]));
    }

    /// <inheritdoc/>
    protected override void Mend(Host host) => host.Disk.Empty();
}

/// <summary>Writes fail in the middle, with "I/O error" or "no space".</summary>
internal sealed class WriteErrorFault(FaultScene scene) : MachineFault(scene)
{
    private int _error;

    /// <inheritdoc/>
    public override string Description =>
        $"writes fail with {(_error == Posix.NoSpace ? "no space" : "I/O error")} at {FaultScene.Spoken(Hosts)}";

    /// <inheritdoc/>
    protected override void Spoil(Host host)
    {
        _error = _error == 0 ? Scene.Any<int>([Posix.NoSpace, Posix.InputOutputError]) : _error;
        host.Excuse = "write error";
        host.Shim.WriteError = _error;
    }

    /// <inheritdoc/>
    protected override void Mend(Host host) => host.Shim.WriteError = 0;
}

/// <summary>A sync fails; the node must end, and whoever looks after it starts it again.</summary>
internal sealed class SyncErrorFault(FaultScene scene) : MachineFault(scene)
{
    /// <inheritdoc/>
    public override string Description => $"a sync fails at {FaultScene.Spoken(Hosts)}";

    /// <inheritdoc/>
    protected override IReadOnlyList<Host> Choose() =>
        Scene.SomeVoters(Scene.Random.Next(1, Scene.Cluster.Nodes + 1));

    /// <inheritdoc/>
    protected override void Spoil(Host host)
    {
        host.Excuse = "failed sync";
        host.Shim.FailingSyncs = Scene.Random.Next(1, 4);
    }

    /// <inheritdoc/>
    protected override void Mend(Host host) => host.Shim.FailingSyncs = 0;
}

/// <summary>Every sync takes long.</summary>
internal sealed class SlowDiskFault(FaultScene scene) : MachineFault(scene)
{
    private int _milliseconds;

    /// <inheritdoc/>
    public override string Description => string.Create(
        CultureInfo.InvariantCulture, $"every sync takes {_milliseconds} ms at {FaultScene.Spoken(Hosts)}");

    /// <inheritdoc/>
    protected override void Spoil(Host host)
    {
        _milliseconds = _milliseconds == 0 ? Scene.Any<int>([20, 100, 500, 1500]) : _milliseconds;
        host.Shim.SlowSyncMs = _milliseconds;
    }

    /// <inheritdoc/>
    protected override void Mend(Host host) => host.Shim.SlowSyncMs = 0;
}

/// <summary>Reads fail; every second time the node is killed, and meets them while it starts.</summary>
internal sealed class ReadErrorFault(FaultScene scene) : MachineFault(scene)
{
    private bool _isAtStart;

    /// <inheritdoc/>
    public override string Description =>
        $"reads fail at {FaultScene.Spoken(Hosts)}{(_isAtStart ? ", while it starts" : "")}";

    /// <inheritdoc/>
    public override async Task BeginAsync(CancellationToken cancellation)
    {
        await base.BeginAsync(cancellation);
        _isAtStart = Scene.Random.Next(2) == 0;
        if (_isAtStart)
        {
            await Down.BringAsync(Hosts);
            Down.Release(Hosts);
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Host> Choose() => [Scene.OneVoter()];

    /// <inheritdoc/>
    protected override void Spoil(Host host)
    {
        host.Excuse = "read error";
        host.IsDamaged = true;
        host.Shim.ReadError = Posix.InputOutputError;
    }

    /// <inheritdoc/>
    protected override void Mend(Host host) => host.Shim.ReadError = 0;
}
