using JobNode.Security;
using JobNode.Tests.Scheduling;
using JobNode.Tests.Support;

namespace JobNode.Tests.Security;

/// <summary>Tokens, their files, and the log of those turned away.</summary>
public sealed class SecretTests
{
    private const string First = "0123456789abcdef";
    private const string Second = "fedcba9876543210";

    [Theory]
    [InlineData("short")]
    [InlineData("has a space in the middle")]
    [InlineData("has_umlaut_äöü_inside_")]
    public void A_token_that_is_none_is_refused_without_being_shown(string text)
    {
        string? wrong = SecretText.TryCreate(text, out SecretText? token);
        Assert.NotNull(wrong);
        Assert.DoesNotContain(text, wrong, StringComparison.Ordinal);
        Assert.Null(token);
    }

    [Fact]
    public void A_token_equals_itself_only()
    {
        Assert.Null(SecretText.TryCreate(First, out SecretText? token));
        Assert.True(token!.Equals(First));
        Assert.False(token.Equals(First + "0"));
        Assert.False(token.Equals(First[..^1]));
        Assert.False(token.Equals(""));
        Assert.False(token.Equals(new string('x', 100_000)));
        Assert.DoesNotContain(First, token.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_join_token_file_shows_its_first_and_admits_all()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.PathOf("token"), $"# both for a while\n{First}\n\n  {Second}  \n");
        JoinToken token = JoinToken.Read(folder.PathOf("token"));
        Assert.Equal(First, token.Shown);
        Assert.True(token.Admits(First));
        Assert.True(token.Admits(Second));
        Assert.False(token.Admits(""));
        Assert.False(token.Admits(First + Second));
    }

    [Theory]
    [InlineData("", "holds no token")]
    [InlineData("# nothing\n", "holds no token")]
    [InlineData("0123456789abcdef\nshort\n", "line 2")]
    public void A_wrong_join_token_file_says_where(string text, string hint)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.PathOf("token"), text);
        IOException error = Assert.Throws<IOException>(() => JoinToken.Read(folder.PathOf("token")));
        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_file_counts_and_a_broken_one_keeps_what_was_before()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("token");
        var log = new RecordingLog();
        var time = new ManualTime(DateTimeOffset.UnixEpoch);
        File.WriteAllText(path, First);
        var watched = new WatchedFiles<JoinToken>("join token", [path], () => JoinToken.Read(path), log, time);
        Assert.Equal(First, watched.Current.Shown);

        Replace(path, Second, 1);
        Assert.Equal(First, watched.Current.Shown);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Second, watched.Current.Shown);
        Assert.Contains("read the changed join token", Assert.Single(log.Lines), StringComparison.Ordinal);

        Replace(path, "bad", 2);
        for (int i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(Second, watched.Current.Shown);
        }

        Assert.Equal(2, log.Lines.Count);
        File.Delete(path);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Second, watched.Current.Shown);
        Assert.Contains("does not exist", log.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flood_of_one_kind_is_counted_and_hides_no_other()
    {
        var log = new RecordingLog();
        var time = new ManualTime(DateTimeOffset.UnixEpoch);
        var refusals = new RefusalLog("cluster", log, time);
        for (int i = 0; i < 10_000; i++)
        {
            refusals.Write(RefusalKind.NotTls, "10.0.0.1:1", "no TLS");
        }

        refusals.Write(RefusalKind.NoCertificate, "10.0.0.1:2", "no certificate");
        Assert.Equal(11, log.Lines.Count);
        time.Advance(TimeSpan.FromSeconds(1));
        refusals.Write(RefusalKind.NotTls, "10.0.0.1:3", "again");
        Assert.Contains(log.Lines, line => line.Contains("9990 more", StringComparison.Ordinal));
    }

    [Fact]
    public void A_machine_without_OpenSsl_is_told_which_package_to_install()
    {
        OpenSslLibrary.Require(name => name == "libssl.so.1.1");
        IOException error = Assert.Throws<IOException>(() => OpenSslLibrary.Require(_ => false));
        Assert.Contains("apt-get install libssl3", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A new text with a time of its own: some file systems count in whole seconds.</summary>
    private static void Replace(string path, string text, int change)
    {
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 1, 0, 0, change, DateTimeKind.Utc));
    }
}
