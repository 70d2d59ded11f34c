using System.Globalization;

namespace JobNode.Observability;

/// <summary>This process as the kernel sees it, under the names that every Prometheus client uses.</summary>
internal static class ProcessFacts
{
    private const string OpenFilesLimit = "Max open files";

    private const int StartTimeField = 22;
    private const double TicksPerSecond = 100;

    /// <summary>When the process started; where the kernel does not tell, when somebody first asked.</summary>
    public static DateTimeOffset StartedAt { get; } =
        DateTimeOffset.UtcNow - TimeSpan.FromSeconds(Read(AgeSeconds) ?? 0);

    /// <summary>Writes the families; those that the kernel does not tell are left out.</summary>
    public static void Write(IMetricWriter writer)
    {
        writer.Counter(
            "process_cpu_seconds_total",
            "Processor time spent, in user and system mode.",
            OperatingSystem.IsLinux() ? Environment.CpuUsage.TotalTime.TotalSeconds : 0);
        writer.Gauge("process_resident_memory_bytes", "Resident memory.", Environment.WorkingSet);
        writer.Gauge(
            "process_start_time_seconds",
            "When the process started, in seconds since 1970.",
            StartedAt.ToUnixTimeMilliseconds() / 1e3);
        if (Read(OpenFiles) is { } open)
        {
            writer.Gauge("process_open_fds", "Open file descriptors.", open);
        }

        if (Read(OpenFilesMax) is { } max)
        {
            writer.Gauge("process_max_fds", "File descriptors that may be open.", max);
        }

        writer.Gauge("jobnode_gc_heap_bytes", "Managed heap.", GC.GetTotalMemory(forceFullCollection: false));
    }

    /// <summary>Fields after the name, which may hold blanks and parentheses, begin with the third.</summary>
    private static double AgeSeconds()
    {
        string stat = File.ReadAllText("/proc/self/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        double started = double.Parse(fields[StartTimeField - 3], CultureInfo.InvariantCulture) / TicksPerSecond;
        string uptime = File.ReadAllText("/proc/uptime");
        return double.Parse(uptime.Split(' ')[0], CultureInfo.InvariantCulture) - started;
    }

    private static double OpenFiles() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    private static double OpenFilesMax()
    {
        string line = File.ReadLines("/proc/self/limits")
            .First(static line => line.StartsWith(OpenFilesLimit, StringComparison.Ordinal));
        string soft = line[OpenFilesLimit.Length..].TrimStart().Split(' ')[0];
        return soft == "unlimited" ? double.PositiveInfinity : double.Parse(soft, CultureInfo.InvariantCulture);
    }

    private static double? Read(Func<double> value)
    {
        try
        {
            return value();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }
}
