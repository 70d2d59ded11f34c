using System.Diagnostics;
using System.Globalization;

namespace JobNode.Fuzz;

/// <summary>
/// Fuzzes targets for a time: <c>jobnode-fuzz [--target NAME] [--seconds N] [--seed S] [--corpus DIR]
/// [--findings DIR]</c>. Exit code 1 when something was found.
/// </summary>
internal static class Program
{
    private const int ShareMs = 5000;
    private const int HangSeconds = 20;

    private static int Main(string[] arguments)
    {
        if (arguments.Length == 0 || arguments[0] != Instrumentation.Flag)
        {
            return Instrumentation.RunCopy(arguments);
        }

        Coverage.Watch();

        Dictionary<string, string> options = [];
        for (int at = 1; at + 1 < arguments.Length; at += 2)
        {
            options[arguments[at]] = arguments[at + 1];
        }

        string[] unknown = [.. options.Keys.Except(["--target", "--seconds", "--seed", "--corpus", "--findings"])];
        FuzzTarget[] targets = [.. FuzzTargets.All.Where(target =>
            !options.TryGetValue("--target", out string? name) || name == target.Name)];
        if (unknown.Length > 0 || arguments.Length % 2 == 0 || targets.Length == 0)
        {
            string names = string.Join(", ", FuzzTargets.All.Select(target => target.Name));
            Console.Error.WriteLine("usage: jobnode-fuzz [--target NAME] [--seconds N] [--seed S] [--corpus DIR]"
                + $" [--findings DIR]; targets: {names}");
            return 2;
        }

        int seconds = int.Parse(options.GetValueOrDefault("--seconds", "60"), CultureInfo.InvariantCulture);
        int seed = int.Parse(options.GetValueOrDefault("--seed", "1"), CultureInfo.InvariantCulture);
        return Fuzz(targets, seconds, seed,
            options.GetValueOrDefault("--corpus"), options.GetValueOrDefault("--findings"));
    }

    private static int Fuzz(FuzzTarget[] targets, int seconds, int seed, string? corpusPath, string? findingsPath)
    {
        CorpusFolder? corpus = corpusPath is null ? null : new CorpusFolder(corpusPath);
        Console.WriteLine($"fuzz: {targets.Length} targets, {seconds} s, seed {seed}");
        Stopwatch clock = Stopwatch.StartNew();
        long tries = 0;
        int found = 0;
        for (int number = 0; number < targets.Length; number++)
        {
            FuzzTarget target = targets[number];
            double left = seconds - clock.Elapsed.TotalSeconds;
            TimeSpan share = TimeSpan.FromSeconds(left / (targets.Length - number));
            Coverage coverage = new();
            FuzzRun run = new(target, seed, coverage) { Kept = input => corpus?.Write(target.Name, "", input) };
            Go(run, target, corpus?.Read(target.Name) ?? [], share);
            tries += run.Tries;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"fuzz: {target.Name}: {run.Tries} inputs, {coverage.Edges} edges, {run.PoolCount} kept,"
                + $" {run.Findings.Count} findings"));
            foreach (FuzzFinding finding in run.Findings)
            {
                found++;
                Tell(finding, findingsPath);
            }
        }

        Console.WriteLine($"fuzz: {tries} inputs, {found} findings");
        return found == 0 ? 0 : 1;
    }

    private static void Go(FuzzRun run, FuzzTarget target, IReadOnlyList<byte[]> corpus, TimeSpan share)
    {
        // An input that never ends cannot be caught: the process tells it and dies.
        using Timer watch = new(
            _ =>
            {
                (byte[] input, TimeSpan since) = run.Current;
                if (since.TotalSeconds > HangSeconds)
                {
                    Environment.FailFast($"{target.Name} hangs on {Convert.ToHexStringLower(input)}");
                }
            },
            null,
            ShareMs,
            ShareMs);
        Stopwatch clock = Stopwatch.StartNew();
        run.Begin(corpus);
        while (clock.Elapsed < share)
        {
            run.Mutate();
        }
    }

    private static void Tell(FuzzFinding finding, string? findingsPath)
    {
        Console.WriteLine($"fuzz: FOUND in {finding.Target}: {finding.What}");
        Console.WriteLine($"fuzz: input of {finding.Input.Length} bytes: {Convert.ToHexStringLower(finding.Input)}");
        if (findingsPath is not null)
        {
            string path = new CorpusFolder(findingsPath).Write(finding.Target, "", finding.Input);
            Console.WriteLine($"fuzz: written to {path}");
        }
    }
}
