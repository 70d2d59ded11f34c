using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace JobNode.Chaos.Hosts;

/// <summary>
/// One machine: a network namespace with an address, a disk of its own, and the published binary on it. Faults hold it
/// down while they want it down; whoever supervises starts it when nobody does.
/// </summary>
internal sealed class Host : IDisposable
{
    /// <summary>Of the API; on loopback, too.</summary>
    public const int ApiPort = 5000;

    private const int ClusterPort = 5001;
    private const int ExitTimeoutMs = 30_000;

    private readonly Lock _gate = new();
    private readonly HostSettings _settings;
    private Process? _process;
    private long _logStart;
    private long _logRead;
    private int _holds;

    /// <summary>Makes the disk and the switchboard; the namespace is the network's business.</summary>
    public Host(int number, HostSettings settings)
    {
        Number = (byte)number;
        _settings = settings;
        Name = string.Create(CultureInfo.InvariantCulture, $"n{number}");
        Address = string.Create(CultureInfo.InvariantCulture, $"{HostNetwork.Prefix}{number}");
        ClusterAddress = string.Create(CultureInfo.InvariantCulture, $"{Address}:{ClusterPort}");
        Api = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{Address}:{ApiPort}/"));
        LogPath = Path.Join(settings.LogFolder, $"{Name}.log");
        Disk = new DataDisk(Path.Join(settings.DiskFolder, Name), settings.DiskMebibytes);
        Shim = new FaultShim(Path.Join(settings.DiskFolder, $"{Name}.shim"));
        Client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(1),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
        })
        {
            BaseAddress = Api,
            Timeout = TimeSpan.FromSeconds(10),
        };
    }

    /// <summary>1 and up: the last byte of its address.</summary>
    public byte Number { get; }

    /// <summary>n1 and so on: also the name of its namespace.</summary>
    public string Name { get; }

    /// <summary>IPv4.</summary>
    public string Address { get; }

    /// <summary>HOST:PORT for the other nodes.</summary>
    public string ClusterAddress { get; }

    /// <summary>Root of its API.</summary>
    public Uri Api { get; }

    /// <summary>All that it wrote, from all its starts.</summary>
    public string LogPath { get; }

    /// <summary>Its file system.</summary>
    public DataDisk Disk { get; }

    /// <summary>Its clock and its disk's tempers.</summary>
    public FaultShim Shim { get; }

    /// <summary>For the harness's own calls.</summary>
    public HttpClient Client { get; }

    /// <summary>It is part of the cluster that is wanted: else nobody starts it.</summary>
    public bool IsMember { get; set; }

    /// <summary>Something was done to its data that it may find; until the data is new.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>Why it may end by itself, as the rules of the product have it; null when it may not.</summary>
    public string? Excuse { get; set; }

    /// <summary>The harness ended it, or is about to.</summary>
    public bool IsEndExpected { get; set; }

    /// <summary>SIGSTOP came last.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>When it was started last, a timestamp of <see cref="Stopwatch"/>.</summary>
    public long StartedAt { get; private set; }

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>No fault wants it down.</summary>
    public bool IsWanted
    {
        get
        {
            lock (_gate)
            {
                return IsMember && _holds == 0;
            }
        }
    }

    /// <summary>True between start and end of the process.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_gate)
            {
                return _process is { HasExited: false };
            }
        }
    }

    /// <summary>Exit code of the last process that ended; null when it runs or never ran.</summary>
    public int? ExitCode
    {
        get
        {
            lock (_gate)
            {
                return _process is { HasExited: true } ended ? ended.ExitCode : null;
            }
        }
    }

    /// <summary>It stays down from now on, once it is down.</summary>
    public void Hold()
    {
        lock (_gate)
        {
            _holds++;
        }
    }

    /// <summary>Takes one <see cref="Hold"/> back.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _holds--;
        }
    }

    /// <summary>Starts the process, if it is wanted and does not run.</summary>
    public void StartIfWanted()
    {
        lock (_gate)
        {
            if (_process is { HasExited: false } || !IsMember || _holds > 0)
            {
                return;
            }

            _process?.Dispose();
            _logStart = File.Exists(LogPath) ? new FileInfo(LogPath).Length : 0;
            _process = Process.Start(Command())!;
            StartedAt = Stopwatch.GetTimestamp();
            Starts++;
            IsPaused = false;
            IsEndExpected = false;
        }
    }

    /// <summary>kill -9, and waits until it is gone.</summary>
    public Task KillAsync()
    {
        IsEndExpected = true;
        Signal(Posix.Kill);
        return WaitForExitAsync();
    }

    /// <summary>SIGTERM, and waits until it is gone; kill -9 when that takes too long.</summary>
    /// <returns>True when it ended by itself.</returns>
    public async Task<bool> TerminateAsync()
    {
        Resume();
        IsEndExpected = true;
        Signal(Posix.Terminate);
        try
        {
            await WaitForExitAsync();
            return true;
        }
        catch (TimeoutException)
        {
            await KillAsync();
            return false;
        }
    }

    /// <summary>SIGSTOP: frozen, its connections stay.</summary>
    public void Pause()
    {
        Signal(Posix.Stop);
        IsPaused = true;
    }

    /// <summary>SIGCONT.</summary>
    public void Resume()
    {
        Signal(Posix.Continue);
        IsPaused = false;
    }

    /// <summary>Waits until the process ended.</summary>
    /// <exception cref="TimeoutException">It did not within half a minute.</exception>
    public async Task WaitForExitAsync()
    {
        Process? process;
        lock (_gate)
        {
            process = _process;
        }

        if (process is null)
        {
            return;
        }

        using CancellationTokenSource timeout = new(ExitTimeoutMs);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException expired)
        {
            throw new TimeoutException($"{Name} did not end within {ExitTimeoutMs} ms", expired);
        }
    }

    /// <summary>What it wrote since its last start.</summary>
    public string LastWords() => ReadLog(_logStart);

    /// <summary>The whole lines that it wrote since this was asked last; for one caller.</summary>
    public string[] NewLines()
    {
        string text = File.Exists(LogPath) ? ReadLog(_logRead) : "";
        int end = text.LastIndexOf('\n') + 1;
        _logRead += Encoding.UTF8.GetByteCount(text.AsSpan(0, end));
        return text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Signal(Posix.Kill);
        lock (_gate)
        {
            _process?.WaitForExit(ExitTimeoutMs);
            _process?.Dispose();
        }

        Client.Dispose();
        Shim.Dispose();
        Disk.Dispose();
    }

    private string ReadLog(long from)
    {
        using FileStream log = new(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Position = Math.Min(from, log.Length);
        using StreamReader reader = new(log);
        return reader.ReadToEnd();
    }

    private void Signal(int signal)
    {
        lock (_gate)
        {
            if (_process is { HasExited: false } running)
            {
                Posix.Signal(running.Id, signal);
            }
        }
    }

    /// <summary>Each program replaces the one before it, so the process is the node itself.</summary>
    private ProcessStartInfo Command() => new("/bin/sh")
    {
        UseShellExecute = false,
        WorkingDirectory = _settings.DiskFolder,
        ArgumentList =
        {
            "-c",
            $"exec ip netns exec {Name} env LD_PRELOAD='{_settings.ShimLibrary}' CHAOS_DATA='{Disk.MountPoint}'"
            + $" CHAOS_CONTROL='{Shim.Path}' '{_settings.Binary}' serve --data-dir '{Disk.DataDirectory}'"
            + $" --listen '*:{ApiPort}' --cluster-listen {ClusterAddress} --insecure"
            + $" --peers {_settings.Peers} {_settings.Flags} >>'{LogPath}' 2>&1",
        },
    };
}

/// <summary>What all hosts have in common.</summary>
/// <param name="Binary">The program under test.</param>
/// <param name="ShimLibrary">The library that is preloaded.</param>
/// <param name="DiskFolder">Where disks are mounted.</param>
/// <param name="LogFolder">Where output goes.</param>
/// <param name="DiskMebibytes">Size of a disk.</param>
/// <param name="Peers">Cluster addresses of the first members, with commas between.</param>
/// <param name="Flags">Further flags of <c>serve</c>.</param>
internal sealed record HostSettings(
    string Binary,
    string ShimLibrary,
    string DiskFolder,
    string LogFolder,
    int DiskMebibytes,
    string Peers,
    string Flags);
