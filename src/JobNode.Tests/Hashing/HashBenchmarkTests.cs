using JobNode.Hashing;

namespace JobNode.Tests.Hashing;

public sealed class HashBenchmarkTests
{
    [Fact]
    public void The_benchmark_reports_every_path()
    {
        HashBenchmarkReport report = HashBenchmark.Run(TimeSpan.FromMilliseconds(20), threads: 2, progress: null);
        Assert.NotEmpty(report.Machine);
        Assert.Equal(2, report.Threads);
        Assert.Equal("openssl", report.Rows[0].Path);
        foreach (KernelPath path in ChainKernel.Create(null).Paths)
        {
            HashBenchmarkRow row = Assert.Single(report.Rows, row => row.Path == path.Name);
            Assert.Equal(path.Lanes, row.Lanes);
            Assert.True(row.IterationsPerSecond > 0);
            Assert.Equal(path.Limit is not null, row.ShareOfLimit > 0);
        }

        HashBenchmarkRow stream = Assert.Single(report.Rows, row => row.Path == "stream");
        Assert.True(stream.BytesPerSecond > 0);
    }

    [Fact]
    public void What_OpenSsl_computes_is_what_the_oracle_computes()
    {
        OpenSslChain? openSsl = OpenSslChain.TryLoad();
        if (openSsl is null)
        {
            return; // Nothing to compare with on this machine; the benchmark then says "not found".
        }

        using ChainLanes lanes = ChainKernel.Create("scalar").CreateLanes();
        byte[] expected = new byte[64];
        lanes.Advance(1, 20);
        lanes.Store(0, expected);
        byte[] digest = new byte[64];
        openSsl.Advance(digest, 10);
        openSsl.AdvanceOneShot(digest, 10);
        Assert.Equal(expected, digest);
    }
}
