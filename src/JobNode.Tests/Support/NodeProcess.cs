using System.Collections.Concurrent;
using System.Diagnostics;

namespace JobNode.Tests.Support;

/// <summary>
/// One <c>jobnode serve</c> of the published binary on loopback. It can be killed, frozen and started again on the same
/// directory and ports. Disposing always ends the process and removes the directory.
/// </summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private const int ExitTimeoutMs = 60_000;
    private const int OutputLinesKept = 2_000;

    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<string> _output = new();
    private readonly IReadOnlyList<string> _extraArguments;
    private readonly ConcurrentBag<Process> _former = [];
    private volatile Process? _process;

    /// <summary>Chooses ports and a data directory; starts nothing yet.</summary>
    public NodeProcess(
        IReadOnlyList<string>? extraArguments = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        _extraArguments = extraArguments ?? [];
        Environment = environment ?? new Dictionary<string, string>();
        ApiAddress = $"127.0.0.1:{LoopbackPorts.Next()}";
        ClusterAddress = $"127.0.0.1:{LoopbackPorts.Next()}";
        Api = new NodeApi(new Uri($"http://{ApiAddress}"));
    }

    /// <summary>HOST:PORT of the API.</summary>
    public string ApiAddress { get; }

    /// <summary>HOST:PORT for the other nodes.</summary>
    public string ClusterAddress { get; }

    /// <summary>Where the node keeps its data.</summary>
    public string DataDirectory => _folder.PathOf("data");

    /// <summary>Calls of its API.</summary>
    public NodeApi Api { get; }

    /// <summary>The peers it is started with; empty for a node alone.</summary>
    public IReadOnlyList<string> Peers { get; set; } = [];

    /// <summary>Variables that the process is started with.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; set; }

    /// <summary>Another build of the program to start; null for the published one.</summary>
    public string? Binary { get; set; }

    /// <summary>True between start and end of the process.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The last lines it wrote, from all its starts.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Id of the last process.</summary>
    public int ProcessId => Running.Id;

    /// <summary>Exit code of the last process.</summary>
    public int ExitCode => Running.ExitCode;

    private Process Running => _process ?? throw new InvalidOperationException("the node was not started");

    /// <summary>Arguments that start this node.</summary>
    public IReadOnlyList<string> Arguments =>
    [
        "serve", "--data-dir", DataDirectory, "--listen", ApiAddress, "--cluster-listen", ClusterAddress,
        .. Peers.Count > 0 ? ["--peers", string.Join(',', Peers)] : Array.Empty<string>(), .. _extraArguments,
    ];

    /// <summary>Starts the process without waiting for anything.</summary>
    public void Start()
    {
        RequireStopped();
        ProcessStartInfo start = new(Binary ?? PublishedBinary.Path, Arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        CommandRun.CleanEnvironment(start, Environment);
        Keep($"--- start: {string.Join(' ', Arguments)}");
        Process process = new() { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        // Disposed at the end only: others may be looking at the one before just now.
        if (_process is { } former)
        {
            _former.Add(former);
        }

        _process = process;
    }

    /// <summary>Starts and waits until the node is ready to take jobs.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> StartAndWaitAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        Start();
        await WaitUntilReadyAsync();
        return Stopwatch.GetElapsedTime(begin);
    }

    /// <summary>Waits until /readyz says yes.</summary>
    /// <exception cref="InvalidOperationException">The process ended.</exception>
    /// <exception cref="TimeoutException">It was not ready within a minute.</exception>
    public Task WaitUntilReadyAsync() => Eventually.IsSoAsync(
        async () =>
        {
            bool isReady = await Api.IsReadyAsync();
            return isReady || IsRunning
                ? isReady
                : throw new InvalidOperationException($"the node ended with {ExitCode} before it was ready:\n{Output}");
        },
        () => $"the node is not ready:\n{Output}",
        everyMs: 5);

    /// <summary>Waits until /readyz says no.</summary>
    /// <exception cref="TimeoutException">It said yes for a minute.</exception>
    public Task WaitUntilNotReadyAsync() => Eventually.IsSoAsync(
        async () => !await Api.IsReadyAsync(), () => $"the node is still ready:\n{Output}");

    /// <summary>Waits until the node has written this.</summary>
    /// <exception cref="TimeoutException">It did not within a minute.</exception>
    public Task WaitForOutputAsync(string text) => Eventually.IsSoAsync(
        () => _output.Any(line => line.Contains(text, StringComparison.Ordinal)),
        () => $"the node did not say \"{text}\":\n{Output}");

    /// <summary>kill -9, and waits until the process is gone.</summary>
    public Task KillAsync()
    {
        Signal(Signals.Kill);
        return EndAsync();
    }

    /// <summary>SIGTERM, and waits until the process is gone.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> TerminateAsync()
    {
        Signal(Signals.Terminate);
        return EndAsync();
    }

    /// <summary>Takes the data directory away, as a new disk would; the node must not run.</summary>
    public void Wipe()
    {
        RequireStopped();
        Directory.Delete(DataDirectory, recursive: true);
    }

    /// <summary>Waits until the process has ended.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="TimeoutException">It did not end within a minute.</exception>
    public async Task<int> EndAsync()
    {
        using CancellationTokenSource timeout = new(ExitTimeoutMs);
        try
        {
            await Running.WaitForExitAsync(timeout.Token);
            return ExitCode;
        }
        catch (OperationCanceledException expired)
        {
            throw new TimeoutException($"the node did not end within {ExitTimeoutMs} ms:\n{Output}", expired);
        }
    }

    /// <summary>SIGSTOP: the process is frozen, its connections stay.</summary>
    public void Pause() => Signal(Signals.Stop);

    /// <summary>SIGCONT.</summary>
    public void Resume() => Signal(Signals.Continue);

    /// <summary>Bytes of a line of /proc/PID/status, such as VmRSS (resident now) or VmHWM (its highest).</summary>
    public long MemoryBytes(string line)
    {
        string text = File.ReadLines($"/proc/{Running.Id}/status")
            .First(candidate => candidate.StartsWith(line + ":", StringComparison.Ordinal));
        return long.Parse([.. text.Where(char.IsAsciiDigit)]) * 1024;
    }

    /// <summary>Files that the process has in its memory: the binary and what it loaded.</summary>
    public IReadOnlyList<string> MappedFiles() =>
    [
        .. File.ReadLines($"/proc/{Running.Id}/maps")
            .Where(line => line.Contains('/', StringComparison.Ordinal))
            .Select(line => line[line.IndexOf('/', StringComparison.Ordinal)..])
            .Distinct(StringComparer.Ordinal),
    ];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            await KillAsync();
        }

        _process?.Dispose();
        foreach (Process former in _former)
        {
            former.Dispose();
        }

        Api.Dispose();
        _folder.Dispose();
    }

    private void RequireStopped()
    {
        if (IsRunning)
        {
            throw new InvalidOperationException($"{ClusterAddress} still runs");
        }
    }

    private void Signal(int signal) => Signals.Send(Running.Id, signal);

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _output.Enqueue(line);
        while (_output.Count > OutputLinesKept)
        {
            _output.TryDequeue(out _);
        }
    }
}
