using BenchmarkDotNet.Attributes;
using JobNode.Hashing;

namespace JobNode.Bench;

/// <summary>How long do all lanes of a path take for a thousand hashes, and a few lanes of the best plan?</summary>
public class ChainKernelBenchmark
{
    private const int Steps = 1000;

    private ChainLanes? _lanes;

    /// <summary>A path by name.</summary>
    [Params("scalar", "avx2", "avx512")]
    public string Path { get; set; } = "scalar";

    [GlobalSetup]
    public void Setup() => _lanes = ChainKernel.Create(Path).CreateLanes();

    [GlobalCleanup]
    public void Cleanup() => _lanes?.Dispose();

    /// <summary>Time per step of all lanes; divide by the path's lanes for the time per hash.</summary>
    [Benchmark(OperationsPerInvoke = Steps)]
    public void AllLanes() => _lanes!.Advance(_lanes.Lanes, Steps);

    /// <summary>One chain alone.</summary>
    [Benchmark(OperationsPerInvoke = Steps)]
    public void OneLane() => _lanes!.Advance(1, Steps);
}
