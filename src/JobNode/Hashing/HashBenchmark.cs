using System.Diagnostics;

namespace JobNode.Hashing;

/// <summary>One measured way of hashing.</summary>
/// <param name="Path">Name of the path, or of the library call that it is compared with.</param>
/// <param name="Lanes">Chains advanced together.</param>
/// <param name="IterationsPerSecond">Per core, the median of the rounds; null when it could not be run.</param>
/// <param name="RatioToOpenSsl">To one OpenSSL Init/Update/Final chain in the same round, the median; null
/// without.</param>
/// <param name="Note">Why it could not be run, or what it is; empty when there is nothing to say.</param>
internal sealed record HashBenchmarkRow(
    string Path, int Lanes, double? IterationsPerSecond, double? RatioToOpenSsl, string Note)
{
    /// <summary>To the path's instructions without their dependencies in the same round, the median; null without
    /// such a control.</summary>
    public double? ShareOfLimit { get; init; }

    /// <summary>Of one long message; null for rows that hash chains.</summary>
    public double? BytesPerSecond { get; init; }
}

/// <summary>What <see cref="HashBenchmark.Run"/> measured.</summary>
/// <param name="Machine">The processor's name.</param>
/// <param name="Threads">Threads that ran at the same time; rates are per thread.</param>
/// <param name="Rows">OpenSSL first, then the paths, the plainest first.</param>
internal sealed record HashBenchmarkReport(string Machine, int Threads, IReadOnlyList<HashBenchmarkRow> Rows);

/// <summary>
/// Every path against OpenSSL, in one run and in turns, so that the ratios mean something on a busy machine.
/// </summary>
internal static class HashBenchmark
{
    private const int Rounds = 21;

    /// <summary>Measures for about <paramref name="perPath"/> per row, in interleaved rounds.</summary>
    /// <param name="perPath">Time for each row, warm-up not counted.</param>
    /// <param name="threads">How many threads run the same thing at once.</param>
    /// <param name="progress">Told what is going on, if given.</param>
    /// <exception cref="PlatformNotSupportedException">The processor has no AVX2.</exception>
    public static HashBenchmarkReport Run(TimeSpan perPath, int threads, Action<string>? progress)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(perPath, TimeSpan.Zero);
        ChainKernel kernel = ChainKernel.Create(null);
        OpenSslChain? openSsl = OpenSslChain.TryLoad();
        List<HashContender> contenders = [];
        if (openSsl is not null)
        {
            contenders.Add(HashContender.OfDigest("openssl", "SHA512_Init, _Update, _Final", openSsl.Advance));
            contenders.Add(HashContender.OfDigest("openssl-oneshot", "SHA512()", openSsl.AdvanceOneShot));
        }

        contenders.AddRange(kernel.Paths.Select(path => HashContender.OfPath(ChainKernel.Create(path.Name))));
        int chains = contenders.Count;
        contenders.AddRange(kernel.Paths.Where(path => path.Limit is not null).Select(HashContender.OfLimit));
        int limited = contenders.Count;
        if (openSsl is not null)
        {
            contenders.Add(HashContender.OfStream("openssl-stream", "one message, SHA512_Update", openSsl.Absorb));
        }

        contenders.Add(HashContender.OfStream("stream", "one message: what uploads take", AbsorbPieces));
        double[][] rates = Measure(contenders, perPath / Rounds, threads, progress);

        List<HashBenchmarkRow> rows = [];
        if (openSsl is null)
        {
            rows.Add(new HashBenchmarkRow("openssl", 1, null, null, "libcrypto not found"));
        }

        double MedianRatio(int of, int to) => Median(rates[of].Zip(rates[to], (rate, unit) => rate / unit));
        for (int i = 0; i < chains; i++)
        {
            int limit = contenders.FindIndex(chains, limited - chains, other => other.Name == contenders[i].Name);
            rows.Add(new HashBenchmarkRow(
                contenders[i].Name,
                contenders[i].Lanes,
                Median(rates[i]),
                openSsl is null ? null : MedianRatio(i, 0),
                contenders[i].Note)
            {
                ShareOfLimit = limit < 0 ? null : MedianRatio(i, limit),
            });
        }

        for (int i = limited; i < contenders.Count; i++)
        {
            rows.Add(new HashBenchmarkRow(
                contenders[i].Name, 1, null, openSsl is null ? null : MedianRatio(i, limited), contenders[i].Note)
            {
                BytesPerSecond = Median(rates[i]) * HashContender.PieceBytes,
            });
        }

        rows.AddRange(kernel.Warnings.Select(warning => new HashBenchmarkRow("none", 0, null, null, warning)));
        return new HashBenchmarkReport(ProcessorName(), threads, rows);
    }

    /// <summary>Rates per thread: for each contender, one for each round.</summary>
    private static double[][] Measure(
        List<HashContender> contenders, TimeSpan slice, int threads, Action<string>? progress)
    {
        ulong[] steps = [.. contenders.Select(contender => Calibrate(contender, slice))];
        double[][] rates = [.. contenders.Select(_ => new double[Rounds])];
        Lock gate = new();
        using Barrier barrier = new(threads);
        void RunThread(bool tells)
        {
            HashRunner[] runners = [.. contenders.Select(contender => contender.Start())];
            for (int round = 0; round < Rounds; round++)
            {
                if (tells)
                {
                    progress?.Invoke($"round {round + 1} of {Rounds}");
                }

                for (int i = 0; i < runners.Length; i++)
                {
                    barrier.SignalAndWait();
                    double rate = runners[i].MeasureRate(steps[i]);
                    lock (gate)
                    {
                        rates[i][round] += rate / threads;
                    }
                }
            }

            Array.ForEach(runners, runner => runner.Dispose());
        }

        Thread[] others = [.. Enumerable.Range(1, threads - 1).Select(_ => new Thread(() => RunThread(tells: false)))];
        Array.ForEach(others, thread => thread.Start());
        RunThread(tells: true);
        Array.ForEach(others, thread => thread.Join());
        return rates;
    }

    private static void AbsorbPieces(ReadOnlySpan<byte> piece, ulong times)
    {
        BodyHasher hasher = new();
        for (; times != 0; times--)
        {
            hasher.Append(piece);
        }

        hasher.Finish(stackalloc byte[Sha512Constants.DigestBytes]);
    }

    /// <summary>How many steps fill the time.</summary>
    private static ulong Calibrate(HashContender contender, TimeSpan slice)
    {
        using HashRunner runner = contender.Start();
        ulong steps = 1;
        while (true)
        {
            double seconds = contender.Lanes * (double)steps / runner.MeasureRate(steps);
            if (seconds > slice.TotalSeconds / 4)
            {
                return Math.Max(1, (ulong)(steps * slice.TotalSeconds / seconds));
            }

            steps *= 2;
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string ProcessorName()
    {
        const string Key = "model name";
        string? line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal))
            : null;
        return line is null ? "unknown processor" : line[(line.IndexOf(':') + 1)..].Trim();
    }
}

/// <summary>A thread's own state of one contender: <paramref name="advance"/> moves all of its chains.</summary>
internal sealed class HashRunner(int lanes, Action<ulong> advance, IDisposable? resource) : IDisposable
{
    /// <summary>Hashes per second over so many steps.</summary>
    public double MeasureRate(ulong steps)
    {
        long start = Stopwatch.GetTimestamp();
        advance(steps);
        return lanes * (double)steps / Math.Max(Stopwatch.GetElapsedTime(start).TotalSeconds, 1e-9);
    }

    /// <inheritdoc/>
    public void Dispose() => resource?.Dispose();
}
