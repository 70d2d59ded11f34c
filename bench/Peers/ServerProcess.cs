using System.Diagnostics;

namespace JobNode.Bench.Peers;

/// <summary>
/// A server that the benchmark started, in a process group of its own with a folder of its own. Disposing ends it and
/// everything that it started, and waits until it is gone.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    private const int ExitMs = 10_000;

    private static readonly List<ServerProcess> Running = [];

    private readonly Process _process;
    private readonly string _logFile;

    private ServerProcess(Process process, string logFile) => (_process, _logFile) = (process, logFile);

    /// <summary>Starts a program; what it says goes to a file in the folder.</summary>
    /// <param name="folder">Its working directory, made when absent.</param>
    /// <param name="variables">Added to its environment.</param>
    /// <param name="command">Program and arguments.</param>
    public static ServerProcess Start(
        string folder, IReadOnlyDictionary<string, string> variables, params string[] command)
    {
        Directory.CreateDirectory(folder);
        string log = Path.Combine(folder, "output.log");

        // setsid gives a group that can be ended as a whole; exec keeps the process id that we know.
        var start = new ProcessStartInfo("setsid", ["sh", "-c", "exec \"$@\" >>\"$0\" 2>&1", log, .. command])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardInput = true,
        };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        var server = new ServerProcess(Process.Start(start)!, log);
        server._process.StandardInput.Close();
        lock (Running)
        {
            Running.Add(server);
        }

        return server;
    }

    /// <summary>Throws with its last words when it has ended.</summary>
    public void RequireRunning()
    {
        if (_process.HasExited)
        {
            string[] words = File.ReadAllLines(_logFile);
            throw new InvalidOperationException(
                $"{Path.GetDirectoryName(_logFile)} ended: {string.Join('\n', words.TakeLast(10))}");
        }
    }

    /// <summary>Ends all that still run: for the way out after a signal.</summary>
    public static void EndAll()
    {
        ServerProcess[] all;
        lock (Running)
        {
            all = [.. Running];
        }

        foreach (ServerProcess server in all)
        {
            server.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Running)
        {
            if (!Running.Remove(this))
            {
                return;
            }
        }

        // The group of exactly this process: the minus sign in front of its id.
        using (Process kill = Process.Start("kill", ["-KILL", "--", $"-{_process.Id}"]))
        {
            kill.WaitForExit(ExitMs);
        }

        _process.WaitForExit(ExitMs);
        _process.Dispose();
    }
}
