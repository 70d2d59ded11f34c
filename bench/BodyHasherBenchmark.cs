using BenchmarkDotNet.Attributes;
using JobNode.Hashing;

namespace JobNode.Bench;

/// <summary>How long does an upload of a size take to hash, by the product's way and by the platform's?</summary>
public class BodyHasherBenchmark
{
    private readonly byte[] _digest = new byte[64];
    private byte[] _body = [];

    /// <summary>Bytes of the body.</summary>
    [Params(1 << 10, 16 << 10, 100 << 10, 1 << 20)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _body = new byte[Bytes];
        new Random(Bytes).NextBytes(_body);
    }

    /// <summary>What uploads take.</summary>
    [Benchmark]
    public void Product()
    {
        BodyHasher hasher = new();
        hasher.Append(_body);
        hasher.Finish(_digest);
    }

    /// <summary>.NET's, on Linux OpenSSL's.</summary>
    [Benchmark(Baseline = true)]
    public void Platform() => System.Security.Cryptography.SHA512.HashData(_body, _digest);
}
