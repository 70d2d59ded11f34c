using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using JobNode.Bench.Report;

namespace JobNode.Bench.Peers;

/// <summary>Iterations of SHA-512 a second on one pinned core, by whoever can compute them.</summary>
internal sealed class HashQuestion(PeerPlan plan, Samples samples)
{
    /// <summary>Its name.</summary>
    public const string Name = "hash";

    /// <summary>Its only cell.</summary>
    public const string Cell = "iterations a second on one core";

    /// <summary>The C loop.</summary>
    public const string OpenSsl = "OpenSSL in C";

    /// <summary>What workers in Python run.</summary>
    public const string Hashlib = "Python hashlib";

    /// <summary>What .NET offers.</summary>
    public const string HashData = "SHA512.HashData";

    private const int Block = 10_000;

    private readonly string _loop = Path.Combine(plan.Folder, "openssl_loop");

    /// <summary>The loop that <see cref="HashData"/> measures; prints iterations per second.</summary>
    public static void RunHashData(double seconds)
    {
        Span<byte> digest = stackalloc byte[SHA512.HashSizeInBytes];
        long begin = Stopwatch.GetTimestamp();
        long count = 0;
        while (Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds)
        {
            for (int i = 0; i < Block; i++)
            {
                SHA512.HashData(digest, digest);
            }

            count += Block;
        }

        double rate = count / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        Console.WriteLine(rate.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Measures each once.</summary>
    public void Run(int round)
    {
        if (!File.Exists(_loop))
        {
            Directory.CreateDirectory(plan.Folder);
            string source = Path.Combine(AppContext.BaseDirectory, "Loops", "openssl_loop.c");
            Machine.Run("gcc", "-O2", "-o", _loop, source, "-lcrypto");
            if (!File.Exists(_loop))
            {
                throw new InvalidOperationException($"gcc does not build {source}");
            }
        }

        string seconds = $"{PeerPlan.HashSeconds}";
        foreach (Action measure in Turned(
            [
                () => NoteKernel(round, seconds),
                () => NoteLoop(OpenSsl, round, _loop, seconds),
                () => NoteLoop(
                    Hashlib, round, "/usr/bin/python3",
                    Path.Combine(AppContext.BaseDirectory, "Loops", "hashlib_loop.py"), seconds),
                () => NoteLoop(
                    HashData, round, "dotnet", typeof(HashQuestion).Assembly.Location, "hashdata", seconds),
            ], round))
        {
            measure();
        }
    }

    private static IEnumerable<Action> Turned(Action[] all, int round) =>
        Enumerable.Range(0, all.Length).Select(i => all[(i + round) % all.Length]);

    private void NoteKernel(int round, string seconds)
    {
        using JsonDocument report = JsonDocument.Parse(
            Require(Pinned([plan.Binary, "bench", "hash", "--json", "--seconds", seconds])));
        foreach (JsonElement row in report.RootElement.GetProperty("rows").EnumerateArray())
        {
            string path = row.GetProperty("path").GetString()!;
            JsonElement rate = row.GetProperty("iterationsPerSecond");
            if (rate.ValueKind == JsonValueKind.Number && !path.StartsWith("openssl", StringComparison.Ordinal))
            {
                Note($"jobnode {path}", round, rate.GetDouble());
            }
        }
    }

    private void NoteLoop(string side, int round, params string[] command) =>
        Note(side, round, double.Parse(Require(Pinned(command)), CultureInfo.InvariantCulture));

    private void Note(string side, int round, double rate)
    {
        PeerBench.Say($"  {Name,-11} {side,-22} {Figures.Short(rate),9}/s");
        samples.Add(Name, Cell, side, Metrics.Rate, round, rate);
    }

    private static string[] Pinned(string[] command) =>
        ["taskset", "-c", $"{Environment.ProcessorCount - 1}", .. command];

    private static string Require(params string[] command)
    {
        string output = Machine.Run(command[0], command[1..]);
        return output.Length > 0
            ? output
            : throw new InvalidOperationException($"{string.Join(' ', command)} failed");
    }
}
