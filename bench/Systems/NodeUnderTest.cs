using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace JobNode.Bench.Systems;

/// <summary>The published binary as one node on loopback, with a data directory of its own.</summary>
internal sealed class NodeUnderTest : IDisposable
{
    private readonly string _binary;
    private readonly string[] _arguments;
    private readonly string _directory = Directory.CreateTempSubdirectory("jobnode-bench-").FullName;
    private readonly int _apiPort = FreePort();
    private readonly int _clusterPort = FreePort();
    private Process? _process;

    /// <summary>Prepares a node; <paramref name="arguments"/> are added to <c>serve</c>.</summary>
    public NodeUnderTest(string binary, params string[] arguments)
    {
        _binary = binary;
        _arguments = arguments;
        Http = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{_apiPort}"),
            Timeout = TimeSpan.FromMinutes(10),
        };
    }

    /// <summary>Talks to the node.</summary>
    public HttpClient Http { get; }

    /// <summary>Where the others reach it.</summary>
    public string ClusterAddress => $"127.0.0.1:{_clusterPort}";

    /// <summary>Cluster addresses it is started with; none for a node alone.</summary>
    public IReadOnlyList<string> Peers { get; set; } = [];

    /// <summary>Where it keeps its data.</summary>
    public string DataDirectory => _directory;

    /// <summary>Resident memory now, in bytes (VmRSS of proc(5)).</summary>
    public long ResidentBytes
    {
        get
        {
            string status = File.ReadAllText($"/proc/{_process!.Id}/status");
            string kibibytes = status.Split("VmRSS:")[1].Split("kB")[0];
            return long.Parse(kibibytes, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite) << 10;
        }
    }

    /// <summary>Processor seconds so far, of all threads, user and system (proc(5)); exact to 10 ms.</summary>
    public double CpuSeconds => CpuSecondsOf(Fields($"/proc/{_process!.Id}/stat"));

    /// <summary>The same of its hash threads alone: those at nice 10.</summary>
    public double HashCpuSeconds
    {
        get
        {
            const int Nice = 16;
            double seconds = 0;
            foreach (string task in Directory.EnumerateDirectories($"/proc/{_process!.Id}/task"))
            {
                string[] fields = Fields(Path.Combine(task, "stat"));
                seconds += fields[Nice] == "10" ? CpuSecondsOf(fields) : 0;
            }

            return seconds;
        }
    }

    /// <summary>Bytes that the data directory takes on disk.</summary>
    public long DiskBytes => new DirectoryInfo(_directory).EnumerateFiles().Sum(static file => file.Length);

    /// <summary>Starts it; gives the time until /readyz says yes.</summary>
    public async Task<TimeSpan> StartAsync()
    {
        long started = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo(_binary)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] own =
        [
            "serve", "--data-dir", _directory,
            "--listen", $"127.0.0.1:{_apiPort}", "--cluster-listen", $"127.0.0.1:{_clusterPort}",
        ];
        string[] peers = Peers.Count > 0 ? ["--peers", string.Join(',', Peers)] : [];
        foreach (string argument in own.Concat(peers).Concat(_arguments))
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, line) => Console.Error.WriteLine(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        while (!await IsReadyAsync())
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"the node ended with {_process.ExitCode}");
            }

            await Task.Delay(2);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>kill -9, as a crash would.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>All that it had on disk is gone.</summary>
    public void Wipe()
    {
        foreach (string file in Directory.EnumerateFiles(_directory))
        {
            File.Delete(file);
        }
    }

    /// <summary>GET as a JSON document.</summary>
    public async Task<JsonElement> GetAsync(string path) =>
        (await Http.GetFromJsonAsync<JsonDocument>(path))!.RootElement;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            Kill();
        }

        _process?.Dispose();
        Http.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The fields of a line of stat, from the third on: those before may hold blanks.</summary>
    private static string[] Fields(string path)
    {
        string stat = File.ReadAllText(path);
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static double CpuSecondsOf(string[] fields)
    {
        const int UserTicks = 11;
        const double TicksPerSecond = 100;
        return (long.Parse(fields[UserTicks], CultureInfo.InvariantCulture)
            + long.Parse(fields[UserTicks + 1], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using HttpResponseMessage response = await Http.GetAsync("/readyz");
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
