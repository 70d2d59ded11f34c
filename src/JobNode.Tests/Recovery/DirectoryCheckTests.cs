using JobNode.Cli;
using JobNode.Consensus;
using JobNode.Recovery;

namespace JobNode.Tests.Recovery;

/// <summary>What <c>jobnode check</c> says of a directory, and that it leaves it alone.</summary>
public sealed class DirectoryCheckTests
{
    [Fact]
    public void A_sound_directory_is_replayed_to_its_end()
    {
        using var written = new WrittenDirectory();
        DirectoryReport report = DirectoryCheck.Run(written.Path);
        Assert.True(report.IsSound, report.Conclusion);
        Assert.Equal(written.Self.ToString(), report.Node);
        Assert.Equal(WrittenDirectory.LastIndex, report.State!.Index);
        Assert.Equal(written.Digests[WrittenDirectory.LastIndex].ToString("x32"), report.State.Digest);
        Assert.Equal(WrittenDirectory.CommittedIndex, report.State.CommittedIndex);
        Assert.Equal(
            written.Digests[WrittenDirectory.CommittedIndex].ToString("x32"), report.State.CommittedDigest);
        Assert.Equal(written.Jobs, report.State.Jobs);
        Assert.Equal(
            [.. written.Configuration.Members.Select(member => member.Id.ToString())
                .Append(WrittenDirectory.Joiner.ToString()).Order(StringComparer.Ordinal)],
            report.State.Members.Select(member => member.Id).ToArray());
        Assert.True(report.Files.Count(file => file.Kind == "log") >= 2, "the log has several segments");
        Assert.DoesNotContain(report.Files, file => file.Verdict == "not read");
        Assert.Contains("is sound", report.Conclusion, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_changes_nothing_whatever_it_finds()
    {
        using var written = new WrittenDirectory(isClosed: false);
        File.WriteAllText(written.PathOf("receive-1.snapshot.tmp"), "half a snapshot");
        Tear(written);
        string before = written.Fingerprint();
        Assert.True(DirectoryCheck.Run(written.Path).IsSound);
        Assert.Equal(before, written.Fingerprint());

        written.Flip(written.FileOf(".snapshot"), 40);
        before = written.Fingerprint();
        Assert.False(DirectoryCheck.Run(written.Path).IsSound);
        Assert.Equal(before, written.Fingerprint());
    }

    [Fact]
    public void A_torn_tail_is_told_from_damage()
    {
        using var written = new WrittenDirectory(isClosed: false);
        Tear(written);
        DirectoryReport report = DirectoryCheck.Run(written.Path);
        Assert.True(report.IsSound, report.Conclusion);
        Assert.Equal(WrittenDirectory.LastIndex - 1, report.State!.Index);
        Assert.Contains("torn tail", report.Conclusion, StringComparison.Ordinal);
        var text = new StringWriter();
        Assert.Equal(0, CheckVerb.Run(text, written.Path));
        Assert.Contains("torn after byte", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_in_any_kind_of_file_is_named_with_its_place()
    {
        AssertDamage(written => written.FileOf("node-id"), 3, "node-id");
        AssertDamage(written => written.FileOf(".snapshot"), 20, "checksum of its head");
        AssertDamage(written => written.FileOf(".snapshot"), 500, "checksum of a block");
        AssertDamage(written => LogSegment(written, 0), 100, "checksum of the segment header");
        AssertDamage(written => LogSegment(written, 0), 700, "no valid record");
        AssertDamage(written => written.FileOf(".log"), 600, "no valid record");
    }

    [Fact]
    public void A_file_cut_short_is_named()
    {
        AssertCut(written => written.FileOf("node-id"), 4);
        AssertCut(written => written.FileOf(".snapshot"), 300);
        AssertCut(written => written.FileOf(".snapshot"), 5);
        AssertCut(written => LogSegment(written, 0), 2000);
        AssertCut(written => written.FileOf(".log"), 700);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        using (var written = new WrittenDirectory())
        {
            File.Delete(written.PathOf("node-id"));
            Assert.Contains("node-id", DirectoryCheck.Run(written.Path).Conclusion, StringComparison.Ordinal);
        }

        using (var written = new WrittenDirectory())
        {
            string middle = LogSegment(written, 1);
            File.Delete(written.PathOf(middle));
            Assert.Contains("is missing", DirectoryCheck.Run(written.Path).Conclusion, StringComparison.Ordinal);
        }

        using (var written = new WrittenDirectory())
        {
            foreach (string file in Directory.GetFiles(written.Path, "*.snapshot"))
            {
                File.Delete(file);
            }

            Assert.Contains("no snapshot", DirectoryCheck.Run(written.Path).Conclusion, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_damaged_older_snapshot_is_damage_that_the_newer_one_makes_good()
    {
        using var written = new WrittenDirectory();
        written.Flip("00000000000000000001.snapshot", 30);
        DirectoryReport report = DirectoryCheck.Run(written.Path);
        Assert.Contains("delete this one", report.Conclusion, StringComparison.Ordinal);
        Assert.Equal(WrittenDirectory.LastIndex, report.State!.Index);
    }

    [Fact]
    public void All_damage_of_the_log_is_named_and_not_only_the_first()
    {
        using var written = new WrittenDirectory();
        written.Flip(LogSegment(written, 0), 700);
        written.Flip(LogSegment(written, 0), 1200);
        written.Flip(LogSegment(written, 1), 100);
        DirectoryReport report = DirectoryCheck.Run(written.Path);
        Assert.Equal(3, report.Damages.Count);
        Assert.Equal(2, report.Damages.Count(damage => damage.Contains(
            LogSegment(written, 0) + " at byte ", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_directory_in_use_is_not_looked_at()
    {
        using var written = new WrittenDirectory();
        using DataDirectory node = DataDirectory.Open(written.Path);
        CliFailure failure = Assert.Throws<CliFailure>(() => CheckVerb.Run(TextWriter.Null, written.Path));
        Assert.Contains($"pid {Environment.ProcessId}", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>The last write reached the disk in part only.</summary>
    private static void Tear(WrittenDirectory written)
    {
        string name = written.FileOf(".log");
        byte[] bytes = File.ReadAllBytes(written.PathOf(name));
        int last = Array.FindLastIndex(bytes, value => value != 0);
        bytes.AsSpan(last - 20, 21).Clear();
        int entry = FindEntry(bytes, WrittenDirectory.LastIndex);
        bytes.AsSpan(entry + 16, 40).Clear();
        File.WriteAllBytes(written.PathOf(name), bytes);
    }

    private static int FindEntry(byte[] bytes, ulong index)
    {
        for (int at = 512; at < bytes.Length - 32; at += 8)
        {
            if (bytes[at + 12] == 1 && BitConverter.ToUInt64(bytes, at + 16) == index
                && BitConverter.ToUInt64(bytes, at + 24) == WrittenDirectory.Term)
            {
                return at;
            }
        }

        throw new InvalidOperationException("the entry is not in the segment");
    }

    private static string LogSegment(WrittenDirectory written, int number) =>
        Path.GetFileName(Directory.GetFiles(written.Path, "*.log").Order(StringComparer.Ordinal).ElementAt(number));

    private static void AssertDamage(Func<WrittenDirectory, string> choose, long offset, string expected)
    {
        using var written = new WrittenDirectory();
        string file = choose(written);
        written.Flip(file, offset);
        AssertNamed(written, file, expected);
    }

    private static void AssertCut(Func<WrittenDirectory, string> choose, long length)
    {
        using var written = new WrittenDirectory();
        string file = choose(written);
        written.Cut(file, length);
        AssertNamed(written, file, "at byte");
    }

    private static void AssertNamed(WrittenDirectory written, string file, string expected)
    {
        var text = new StringWriter();
        Assert.Equal(1, CheckVerb.Run(text, written.Path));
        string last = text.ToString().TrimEnd().Split('\n')[^1];
        Assert.Contains(file, last, StringComparison.Ordinal);
        Assert.Contains("at byte", last, StringComparison.Ordinal);
        Assert.Contains(expected, last, StringComparison.Ordinal);
    }
}
