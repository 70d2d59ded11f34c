using System.Globalization;
using JobNode.Chaos.Hosts;

namespace JobNode.Chaos.Faults;

/// <summary>What happens to a disk while its node is down.</summary>
internal enum Damage
{
    /// <summary>Rubbish behind the last record, as a write leaves that was cut short; nothing is lost.</summary>
    TornTail = 0,

    /// <summary>One bit of a file in use is another.</summary>
    FlippedBit = 1,

    /// <summary>A file in use is shorter.</summary>
    Truncated = 2,

    /// <summary>All is gone.</summary>
    Wiped = 3,
}

/// <summary>
/// kill -9, damage, and later a start. Of the last segment only what a later record vouches for is damaged: bit rot in
/// the very last write cannot be told from a torn one, and the product says so.
/// </summary>
internal sealed class DamageFault(FaultScene scene, Damage damage) : IFault
{
    private const string SegmentEnding = ".log";
    private const string SnapshotEnding = ".snapshot";
    private const string NodeIdName = "node-id";
    private const int RubbishBytesMax = 2048;

    private readonly Dictionary<Host, string> _done = [];
    private IReadOnlyList<Host> _hosts = [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Targets => FaultScene.Names(_hosts);

    /// <inheritdoc/>
    public string Description => string.Join("; ", _done.Select(done => $"{done.Key.Name} killed, {done.Value}"));

    /// <inheritdoc/>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        _hosts = damage == Damage.TornTail
            ? scene.SomeVoters(scene.Random.Next(1, scene.Cluster.Nodes + 1))
            : scene.Minority();
        await Down.BringAsync(_hosts);
        foreach (Host host in _hosts)
        {
            _done[host] = TryInflict(host);
        }
    }

    /// <inheritdoc/>
    public Task EndAsync()
    {
        Down.Release(_hosts);
        return Task.CompletedTask;
    }

    private string TryInflict(Host host)
    {
        try
        {
            return Inflict(host);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // Another fault of the round took the directory away meanwhile.
            return "its files are gone already";
        }
    }

    private string Inflict(Host host)
    {
        switch (damage)
        {
            case Damage.TornTail:
                return TearTail(host);
            case Damage.Wiped:
                host.Disk.Wipe();
                host.IsDamaged = false;
                host.Shim.ForgetUnsyncedWrites();
                return "its disk wiped";
            default:
                string[] files =
                [
                    .. host.Disk.Files(SegmentEnding), .. host.Disk.Files(SnapshotEnding).TakeLast(1),
                    .. host.Disk.Files(NodeIdName),
                ];
                if (files.Length == 0)
                {
                    return "nothing to damage";
                }

                host.IsDamaged = true;
                host.Shim.ForgetUnsyncedWrites();
                string path = scene.Any(files);
                return damage == Damage.FlippedBit ? FlipBit(host, path) : Truncate(path);
        }
    }

    private string TearTail(Host host)
    {
        if (host.Disk.Files(SegmentEnding) is not [.., var last])
        {
            return "no log yet";
        }

        int end = SegmentMap.Read(File.ReadAllBytes(last)).EndBytes;
        using FileStream file = new(last, FileMode.Open, FileAccess.Write);
        int room = (int)Math.Min(RubbishBytesMax, file.Length - end);
        if (room <= 0)
        {
            return "no room behind the last record";
        }

        byte[] rubbish = new byte[scene.Random.Next(1, room + 1)];
        scene.Random.NextBytes(rubbish);
        file.Position = end;
        file.Write(rubbish);
        return string.Create(CultureInfo.InvariantCulture, $"{rubbish.Length} bytes of rubbish at {Place(last, end)}");
    }

    private string FlipBit(Host host, string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int bound = bytes.Length;
        if (path.EndsWith(SegmentEnding, StringComparison.Ordinal))
        {
            SegmentMap map = SegmentMap.Read(bytes);
            bound = path == host.Disk.Files(SegmentEnding)[^1] ? map.VouchedBytes : map.EndBytes;
        }

        int at = scene.Random.Next(bound);
        bytes[at] ^= (byte)(1 << scene.Random.Next(8));
        File.WriteAllBytes(path, bytes);
        return $"a bit flipped at {Place(path, at)}";
    }

    private string Truncate(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write);
        long length = scene.Random.NextInt64(file.Length);
        file.SetLength(length);
        return $"cut off at {Place(path, length)}";
    }

    private static string Place(string path, long at) =>
        string.Create(CultureInfo.InvariantCulture, $"byte {at} of {Path.GetFileName(path)}");
}
