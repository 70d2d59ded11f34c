using JobNode.Cli;

namespace JobNode.Tests.Cli;

/// <summary>A wrong word is named, and what was meant is suggested.</summary>
public sealed class WrongWordTests
{
    [Theory]
    [InlineData("statsu", "did you mean status?")]
    [InlineData("enque file --iterations 3", "did you mean enqueue?")]
    [InlineData("members promot x", "did you mean promote?")]
    [InlineData("status --nod a:5000", "'jobnode status' has no flag --nod; did you mean --node?")]
    [InlineData("enqueue file --iteration 3", "'jobnode enqueue' has no flag --iteration; did you mean --iterations?")]
    [InlineData("enqueue file --iterations 3 --wiat", "did you mean --wait?")]
    [InlineData("pull --ordr=newest", "did you mean --order?")]
    [InlineData("serve --data a", "did you mean --data-dir?")]
    [InlineData("bench load --in-fligth 3", "'jobnode bench load' has no flag --in-fligth; did you mean --in-flight?")]
    public async Task A_wrong_flag_or_verb_suggests_the_right_one(string line, string suggestion)
    {
        using var cli = new CliHarness();
        Assert.Equal(2, await cli.RunAsync(line.Split(' ')));
        Assert.Contains(suggestion, cli.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("juggle")]
    [InlineData("status --colour-of-the-sky")]
    [InlineData("transfer x")]
    public async Task What_is_like_nothing_is_named_without_a_guess(string line)
    {
        using var cli = new CliHarness();
        Assert.Equal(2, await cli.RunAsync(line.Split(' ')));
        Assert.Contains(line.Split(' ')[^1], cli.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("did you mean", cli.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_two_dashes_a_file_may_be_called_like_a_flag()
    {
        using var cli = new CliHarness();
        Assert.Equal(2, await cli.RunAsync("enqueue", "--iterations", "3", "--", "--iterationz"));
        Assert.Contains("--iterationz does not exist; nothing was sent", cli.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status", "status", 0)]
    [InlineData("statsu", "status", 1)]
    [InlineData("stats", "status", 1)]
    [InlineData("pull", "wait", 4)]
    [InlineData("", "wait", 4)]
    public void The_distance_of_words_counts_what_must_be_typed_anew(string one, string other, int steps)
    {
        Assert.Equal(steps, WrongWords.Distance(one, other));
        Assert.Equal(steps, WrongWords.Distance(other, one));
    }
}
