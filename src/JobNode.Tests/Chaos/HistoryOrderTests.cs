using JobNode.Chaos.Histories;
using JobNode.Tests.Support;

namespace JobNode.Tests.Chaos;

/// <summary>What the checker says about the order of answers, about nodes, and about times without service.</summary>
public sealed class HistoryOrderTests
{
    [Fact]
    public void A_read_that_shows_less_than_an_earlier_one_elsewhere_went_back() => Wrong(
        Done("a").Read("a", "pulled", done: 3).Read("a", "completed", done: 3, node: "n3"), "id-of-a", "n3", "pulled");

    [Fact]
    public void A_read_after_the_pulls_answer_shows_the_job_pulled() =>
        Wrong(Done("a").Read("a", "completed", done: 3), "id-of-a", "'pulled' was answered before");

    [Fact]
    public void A_read_after_the_cancels_answer_shows_the_job_cancelled() => Wrong(
        new WrittenHistory().Enqueue("a").Cancel("a").Read("a", "pending"), "id-of-a", "'cancelled'");

    [Fact]
    public void A_read_that_began_before_the_other_answer_may_show_less()
    {
        WrittenHistory history = Done("a");
        Right(history.Call(new Operation
        {
            Kind = OperationKind.Read,
            Node = "n3",
            Id = WrittenHistory.IdOf("a"),
            BeginUs = history.NowUs - 5,
            Jobs = [WrittenHistory.Finished("a") with { State = "completed", Done = 3 }],
        }));
    }

    [Fact]
    public void A_checkpoint_that_goes_back_is_told() => Wrong(
        new WrittenHistory().Enqueue("a").Read("a", "pending", done: 2).Read("a", "pending", done: 1).Pull("p", "a"),
        "id-of-a", "2 iterations");

    [Fact]
    public void A_running_job_shows_at_least_its_checkpoint() => Wrong(
        new WrittenHistory().Enqueue("a").Read("a", "pending", done: 2).Read("a", "running", done: 1).Pull("p", "a"),
        "id-of-a");

    [Fact]
    public void Progress_that_was_no_checkpoint_may_be_lost() => Right(
        new WrittenHistory().Enqueue("a").Read("a", "running", done: 2).Read("a", "pending", done: 1).Pull("p", "a"));

    [Fact]
    public void A_list_of_the_same_node_never_shows_less()
    {
        Wrong(
            Known("n1").Enqueue("a").List("a", "pending", done: 2).List("a", "pending", done: 1).Pull("p", "a"),
            "list at n1", "id-of-a");
        Wrong(Known("n1").Enqueue("a").Read("a", "pending", 2).List("a", "pending", 1).Pull("p", "a"), "list at n1");
    }

    [Fact]
    public void A_list_of_another_node_may_be_behind()
    {
        WrittenHistory history = Known("n1").Status("n2", 1, nodeId: "n2").Enqueue("a");
        Right(history.List("a", "pending", done: 2).List("a", "pending", done: 1, node: "n2").Pull("p", "a"));
    }

    [Fact]
    public void A_node_with_a_new_directory_may_begin_anew()
    {
        WrittenHistory history = Known("n1").Status("n1", 9).Enqueue("a").List("a", "pending", done: 2);
        Right(history.Status("n1", 5, "e", nodeId: "another").List("a", "pending", done: 1).Pull("p", "a"));
    }

    [Fact]
    public void An_applied_index_that_goes_back_is_told() =>
        Wrong(new WrittenHistory().Status("n1", 9, "x").Status("n1", 8, "y"), "n1", "index 8", "9");

    [Fact]
    public void Different_digests_at_one_index_are_told()
    {
        Verdict verdict = new WrittenHistory().Status("n1", 9, "x").Status("n2", 9, "y").Verdict();
        Violation found = Assert.Single(verdict.Violations);
        Assert.Equal(Rule.DigestsDiffer, found.Rule);
        Assert.Contains("index 9", found.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_digests_and_digests_of_other_indexes_are_right()
    {
        Verdict verdict = Right(
            new WrittenHistory().Status("n1", 9, "x").Status("n2", 9, "x").Status("n1", 10, "y").Status("n2", 10, "y"));
        Assert.Equal(2, verdict.Figures.DigestsCompared);
    }

    [Fact]
    public void Two_leaders_of_one_term_are_told()
    {
        Verdict verdict = new WrittenHistory()
            .Status("n1", 9, role: "leader", term: 4).Status("n2", 9, role: "leader", term: 4).Verdict();
        Assert.Equal(Rule.TwoLeaders, Assert.Single(verdict.Violations).Rule);
        Right(new WrittenHistory()
            .Status("n1", 9, role: "leader", term: 4).Status("n2", 9, role: "leader", term: 5));
    }

    [Fact]
    public void The_longest_gap_is_charged_to_the_fault_that_it_falls_into()
    {
        WrittenHistory history = new WrittenHistory().Enqueue("a").Pull("p", "a").Wait(1000);
        history.Fault("pause", 100_000).Enqueue("b").Wait(600_000).Enqueue("c").Pull("q", "b", "c");
        history.Fault("kill -9", 2_000_000).Enqueue("d").Pull("r", "d");
        Figures figures = Right(history).Figures;
        Assert.Equal(2, Math.Round(figures.LongestGap.Length.TotalSeconds, 2));
        Assert.Equal(2, Math.Round(figures.Faults["kill -9"].LongestGap.TotalSeconds, 2));
        Assert.Equal(0.1, Math.Round(figures.Faults["pause"].LongestGap.TotalSeconds, 2));
        Assert.Equal(2, figures.Gaps.Count);
    }

    [Fact]
    public void A_history_in_a_file_reads_as_it_was_written()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("history.jsonl");
        WrittenHistory written = Known("n1").Enqueue("a").List("a", "pending").Cancel("a", Outcome.Refused, 409);
        written.Pull("p", Outcome.Unknown).Pull("p", "a").Fault("pause", 5);
        using (History history = new(path))
        {
            foreach (HistoryRecord record in written.Records)
            {
                history.Add(record);
            }

            Assert.Equal(written.Records.Count, history.Read().Count());
        }

        HistoryRecord[] read = [.. History.Open(path).Read()];
        Assert.Equal(written.Records.Select(record => record.GetType()), read.Select(record => record.GetType()));
        Operation pull = read.OfType<Operation>().Last();
        Assert.Equal(WrittenHistory.Finished("a"), Assert.Single(pull.Jobs!));
        Assert.True(read.Zip(read.Skip(1)).All(pair => pair.First.AtUs <= pair.Second.AtUs), "times only grow");
    }

    private static WrittenHistory Known(string node) => new WrittenHistory().Status(node, 1, nodeId: node);

    private static WrittenHistory Done(string job) => new WrittenHistory().Enqueue(job).Pull("p", job);

    private static Verdict Right(WrittenHistory history)
    {
        Verdict verdict = history.Verdict();
        Assert.True(verdict.IsRight, string.Join('\n', verdict.Violations));
        return verdict;
    }

    private static void Wrong(WrittenHistory history, params string[] words)
    {
        Violation[] found = [.. history.Verdict().Violations];
        // A read that goes back at one node goes back everywhere, which is told too.
        Assert.InRange(found.Length, 1, 2);
        Assert.All(found, violation => Assert.Equal(Rule.WentBack, violation.Rule));
        Assert.All(words, word =>
            Assert.Contains(found, violation => violation.Sentence.Contains(word, StringComparison.Ordinal)));
    }
}
