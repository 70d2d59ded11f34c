using System.Globalization;
using System.Text;
using JobNode.Tests.Support;

namespace JobNode.Bench.Systems;

/// <summary>
/// Jobs whose right results are known before they are sent: some bodies, each walked once by the platform's SHA-512,
/// its results noted at many lengths from 1 to 200,000. So every result of a long run is checked at no cost.
/// </summary>
internal sealed class ChainTable
{
    private const int Bodies = 24;
    private const int Lengths = 150;
    private const double IterationsMost = 200_000;

    private readonly byte[][] _bodies;
    private readonly ulong[] _lengths;
    private readonly IReadOnlyDictionary<ulong, string>[] _results;

    /// <summary>Walks all chains, on all cores.</summary>
    public ChainTable(int seed)
    {
        _bodies = [.. Enumerable.Range(0, Bodies).Select(body =>
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"elastic run {seed}, body {body}")))];

        // Evenly spread over the orders of magnitude: as many tiny jobs as long ones.
        _lengths =
        [
            .. Enumerable.Range(0, Lengths)
                .Select(step => (ulong)Math.Round(Math.Pow(IterationsMost, step / (Lengths - 1.0))))
                .Distinct(),
        ];
        _results = new IReadOnlyDictionary<ulong, string>[Bodies];
        Parallel.For(0, Bodies, body => _results[body] = HashChain.Results(_bodies[body], _lengths));
    }

    /// <summary>One of them.</summary>
    public LoadJob Next(Random random)
    {
        int body = random.Next(Bodies);
        ulong length = _lengths[random.Next(_lengths.Length)];
        return new LoadJob(_bodies[body], length, () => _results[body][length]);
    }
}
