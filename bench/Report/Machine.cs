using System.Diagnostics;
using System.Runtime.InteropServices;

namespace JobNode.Bench.Report;

/// <summary>Where it ran, and which versions of what.</summary>
internal static class Machine
{
    private static readonly string[] Packages =
        ["redis-server", "nats-server", "rabbitmq-server", "etcd-server", "python3", "python3-flask", "gunicorn",
            "python3-redis", "openssl"];

    /// <summary>One paragraph.</summary>
    public static string Describe(string dataFolder)
    {
        string cpu = ValueOf("/proc/cpuinfo", "model name") ?? "an unknown processor";
        string family = $"family {ValueOf("/proc/cpuinfo", "cpu family")} model {ValueOf("/proc/cpuinfo", "model")}";
        string memory = ValueOf("/proc/meminfo", "MemTotal")?.Replace(" kB", "", StringComparison.Ordinal) ?? "0";
        string system = ValueOf("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? "an unknown system";
        string disk = new DriveInfo(dataFolder).DriveFormat;
        return $"{Environment.ProcessorCount} cores of {cpu} ({family}), {long.Parse(memory) >> 20} GiB, {system}, "
            + $"Linux {Environment.OSVersion.Version}, {disk} on a local disk. Servers and clients share these cores.";
    }

    /// <summary>A line for each program.</summary>
    public static string Versions(string binary)
    {
        var lines = new List<string> { $"- jobnode: {Run(binary, "version")}" };
        foreach (string package in Packages)
        {
            string version = Run("dpkg-query", "-W", "-f=${Version}", package);
            lines.Add($"- {package}: {(version.Length > 0 ? $"{version} (Debian)" : "not installed")}");
        }

        lines.Add($"- the clients, and `SHA512.HashData`: {RuntimeInformation.FrameworkDescription}");
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>What a program prints; empty when it fails.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        errors.Wait();
        return process.ExitCode == 0 ? output : "";
    }

    private static string? ValueOf(string file, string name, char separator = ':') => File.ReadLines(file)
        .Select(line => line.Split(separator, 2))
        .FirstOrDefault(parts => parts.Length == 2 && parts[0].Trim() == name)?[1].Trim();
}
