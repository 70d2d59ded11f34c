using System.Net;
using System.Security.Cryptography;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>
/// Results through the real API, by every kernel path of this machine, against the platform's SHA-512.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed class ResultTests(ITestOutputHelper output)
{
    private const long MemoryBytesMax = 150L << 20;
    private const long UploadBytes = 1_000_000_000;
    private const int WaitSeconds = 120;

    private static readonly int[] BodyLengths = [0, 1, 63, 64, 111, 112, 127, 128, 129, 100_000];
    private static readonly ulong[] Iterations = [1, 2, 3, 10, 1_000, 1_000_000];

    private static readonly Lazy<Dictionary<int, IReadOnlyDictionary<ulong, string>>> Oracle = new(() =>
        BodyLengths.ToDictionary(length => length, length => HashChain.Results(HashChain.Body(length), Iterations)));

    /// <summary>Kernel paths that this machine can run, by the flags the kernel shows.</summary>
    public static TheoryData<string> Paths()
    {
        TheoryData<string> paths = ["scalar"];
        HashSet<string> set = [.. File.ReadLines("/proc/cpuinfo")
            .First(line => line.StartsWith("flags", StringComparison.Ordinal))
            .Split(' ')];
        if (set.Contains("avx2"))
        {
            paths.Add("avx2");
        }

        if (set.IsSupersetOf(["avx512f", "avx512vl", "avx512dq", "avx512bw"]))
        {
            paths.Add("avx512");
        }

        return paths;
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Every_kernel_path_gives_right_results(string path)
    {
        await using NodeProcess node = new(environment: new Dictionary<string, string> { ["JOBNODE_ISA"] = path });
        await node.StartAndWaitAsync();
        Assert.Equal(path, (await node.Api.StatusAsync()).Isa);

        Dictionary<string, string> right = [];
        foreach (int length in BodyLengths)
        {
            foreach (ulong iterations in Iterations)
            {
                string id = await node.Api.EnqueueAsync(HashChain.Body(length), iterations);
                right.Add(id, Oracle.Value[length][iterations]);
            }
        }

        foreach ((string id, string result) in right)
        {
            JobRow job = await node.Api.JobAsync(id, WaitSeconds);
            Assert.Equal(("completed", result), (job.State, job.Result));
        }

        IReadOnlyList<FinishedJob> pulled = await node.Api.PullAsync(right.Count + 1);
        Assert.Equal(right.Count, pulled.Count);
        Assert.All(pulled, job => Assert.Equal(right[job.Id], job.Result));
    }

    [Fact]
    public async Task A_gigabyte_passes_through_without_being_held()
    {
        await using NodeProcess node = new();
        await node.StartAndWaitAsync();
        using GeneratedContent body = new(UploadBytes);
        string id = await node.Api.EnqueueAsync(body, iterations: 2);
        long peak = node.MemoryBytes("VmHWM");
        output.WriteLine($"measured: 1 GB upload, highest resident {peak >> 20} MiB");

        byte[] once = body.Digest;
        JobRow job = await node.Api.JobAsync(id, WaitSeconds);
        Assert.Equal(("completed", Convert.ToHexStringLower(SHA512.HashData(once))), (job.State, job.Result));
        Assert.InRange(peak, 1, MemoryBytesMax);
    }

    /// <summary>Bytes made while they are sent, and their digest.</summary>
    private sealed class GeneratedContent(long length) : HttpContent
    {
        private const int BlockBytes = 1 << 20;

        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);

        /// <summary>SHA-512 of all that was sent; empty before.</summary>
        public byte[] Digest { get; private set; } = [];

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            byte[] block = HashChain.Body(BlockBytes);
            for (long sent = 0; sent < length;)
            {
                int count = (int)Math.Min(BlockBytes, length - sent);
                _hash.AppendData(block, 0, count);
                await stream.WriteAsync(block.AsMemory(0, count));
                sent += count;
            }

            Digest = _hash.GetHashAndReset();
        }

        protected override bool TryComputeLength(out long bytes)
        {
            bytes = length;
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
