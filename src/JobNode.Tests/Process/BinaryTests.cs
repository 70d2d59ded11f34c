using System.Globalization;
using System.Text.RegularExpressions;
using JobNode.Tests.Support;
using Xunit.Abstractions;

namespace JobNode.Tests.Processes;

/// <summary>
/// Facts of the published file itself: it must run on any Linux of the last years without anything installed.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Tier", "Process")]
public sealed partial class BinaryTests(ITestOutputHelper output)
{
    private const long SizeBytesMax = 20L << 20;
    private const long IdleBytesMax = 60L << 20;

    private static readonly Version GlibcMax = new(2, 34);

    private static readonly string[] LibrariesAllowed =
        ["linux-vdso.so.1", "libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"];

    [Fact]
    public async Task It_needs_only_libc_and_libm()
    {
        CommandRun run = await CommandRun.RunAsync("ldd", [PublishedBinary.Path]);
        string[] libraries = [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Path.GetFileName(line.Trim().Split(' ')[0]))];
        Assert.Contains("libc.so.6", libraries);
        Assert.Empty(libraries.Except(LibrariesAllowed));
    }

    [Fact]
    public async Task It_runs_with_glibc_2_34()
    {
        CommandRun run = await CommandRun.RunAsync("objdump", ["-T", PublishedBinary.Path]);
        Version[] versions =
            [.. GlibcVersion().Matches(run.Output).Select(match => Version.Parse(match.Groups["v"].Value))];
        Assert.NotEmpty(versions);
        Assert.True(versions.Max() <= GlibcMax, $"a symbol needs glibc {versions.Max()}");
    }

    [Fact]
    public void It_is_small()
    {
        long bytes = new FileInfo(PublishedBinary.Path).Length;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measured: size {bytes / 1048576.0:F1} MiB"));
        Assert.InRange(bytes, 1, SizeBytesMax);
    }

    [Fact]
    public async Task It_starts_fast_and_idles_small()
    {
        await using NodeProcess node = new();
        TimeSpan ready = await node.StartAndWaitAsync();
        long bytes = node.MemoryBytes("VmRSS");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"measured: ready after {ready.TotalMilliseconds:F0} ms, resident {bytes / 1048576.0:F1} MiB"));
        Assert.InRange(bytes, 1, IdleBytesMax);
    }

    [GeneratedRegex(@"GLIBC_(?<v>\d+\.\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex GlibcVersion();
}
