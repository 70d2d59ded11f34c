using JobNode.Chaos.Histories;

namespace JobNode.Tests.Chaos;

/// <summary>
/// Every rule of the checker on a history made wrong by hand, and on one that is right though it looks odd.
/// </summary>
public sealed class HistoryCheckerTests
{
    [Fact]
    public void A_job_that_was_sent_and_pulled_is_right() =>
        Right(new WrittenHistory().Enqueue("a").Read("a", "pending").Pull("p", "a").Read("a", "pulled", done: 3));

    [Fact]
    public void A_job_that_was_cancelled_is_right() =>
        Right(new WrittenHistory().Enqueue("a").Cancel("a").Cancel("a").Read("a", "cancelled"));

    [Fact]
    public void An_acknowledged_job_without_an_end_is_lost() =>
        Wrong(Rule.Lost, new WrittenHistory().Enqueue("a").Enqueue("b").Pull("p", "b"), "id-of-a", "enqueue 'a'");

    [Fact]
    public void A_job_that_is_still_pending_in_the_end_is_lost() =>
        Wrong(Rule.Lost, new WrittenHistory().Enqueue("a").Read("a", "pending"), "id-of-a", "last seen pending");

    [Fact]
    public void An_acknowledged_job_that_a_read_does_not_know_is_lost() => Wrong(
        Rule.Lost, new WrittenHistory().Enqueue("a").Read("a", null, node: "n3").Pull("p", "a"), "id-of-a", "n3");

    [Fact]
    public void An_acknowledged_job_that_a_cancel_does_not_know_is_lost() => Wrong(
        Rule.Lost, new WrittenHistory().Enqueue("a").Cancel("a", Outcome.Refused, 404).Pull("p", "a"), "id-of-a");

    [Fact]
    public void Results_that_went_away_with_a_broken_answer_are_lost() => Wrong(
        Rule.PullAnswerLost,
        new WrittenHistory().Enqueue("a").Pull("p", Outcome.Unknown).Pull("p").Read("a", "pulled", done: 3),
        "id-of-a");

    [Fact]
    public void Results_that_come_with_the_repeated_key_are_right()
    {
        Verdict verdict = Right(new WrittenHistory().Enqueue("a").Pull("p", Outcome.Unknown).Pull("p", "a"));
        Assert.Equal(1, verdict.Figures.PullsRecovered);
    }

    [Fact]
    public void A_job_under_two_pull_keys_is_doubled() => Wrong(
        Rule.PulledTwice, new WrittenHistory().Enqueue("a").Pull("p", "a").Pull("q", "a"), "id-of-a", "'p'", "'q'");

    [Fact]
    public void The_same_batch_again_under_the_same_key_is_right() =>
        Right(new WrittenHistory().Enqueue("a").Pull("p", "a").Pull("p", "a"));

    [Fact]
    public void Another_batch_under_the_same_key_is_wrong() => Wrong(
        Rule.BatchChanged,
        new WrittenHistory().Enqueue("a").Enqueue("b").Pull("p", "a").Pull("p", "a", "b"),
        "'p'", "id-of-b");

    [Fact]
    public void An_empty_answer_after_a_batch_under_the_same_key_is_wrong() =>
        Wrong(Rule.BatchChanged, new WrittenHistory().Enqueue("a").Pull("p", "a").Pull("p"), "'p'", "id-of-a");

    [Fact]
    public void A_batch_after_an_empty_answer_under_the_same_key_is_right() =>
        Right(new WrittenHistory().Pull("p").Enqueue("a").Pull("p", "a"));

    [Fact]
    public void Two_ids_for_one_key_are_wrong() => Wrong(
        Rule.KeyMadeTwoJobs,
        new WrittenHistory().Enqueue("a").Enqueue("a", id: "id-of-b").Pull("p", "a"),
        "id-of-a", "id-of-b");

    [Fact]
    public void One_id_for_two_keys_is_wrong() => Wrong(
        Rule.KeyMadeTwoJobs, new WrittenHistory().Enqueue("a").Enqueue("b", id: "id-of-a").Pull("p", "a"), "id-of-a");

    [Fact]
    public void The_same_id_for_a_repeated_key_is_right()
    {
        Verdict verdict = Right(new WrittenHistory()
            .Enqueue("a", Outcome.Unknown).Enqueue("a", node: "n2").Enqueue("a", node: "n3").Pull("p", "a"));
        Assert.Equal(1, verdict.Figures.EnqueuesRepeated);
    }

    [Fact]
    public void A_job_that_nobody_sent_is_wrong() =>
        Wrong(Rule.NeverSent, new WrittenHistory().Enqueue("a").Pull("p", "a", "b"), "id-of-b", "'p'");

    [Fact]
    public void A_job_whose_every_attempt_was_refused_must_not_appear() =>
        Wrong(Rule.NeverSent, new WrittenHistory().Enqueue("a", Outcome.Refused).Pull("p", "a"), "id-of-a");

    [Fact]
    public void A_job_of_unknown_outcome_may_appear() =>
        Right(new WrittenHistory().Enqueue("a", Outcome.Unknown).Pull("p", "a"));

    [Fact]
    public void A_job_of_unknown_outcome_may_stay_away() => Right(new WrittenHistory().Enqueue("a", Outcome.Unknown));

    [Fact]
    public void A_job_of_unknown_outcome_may_appear_only_once()
    {
        JobSeen twin = WrittenHistory.Finished("a") with { Id = "its-twin" };
        Wrong(
            Rule.NeverSent,
            new WrittenHistory().Enqueue("a", Outcome.Unknown).Pull("p", "a").PullOf("q", twin),
            "its-twin");
    }

    [Fact]
    public void An_attempt_that_was_accepted_leaves_no_room_for_a_second_job()
    {
        JobSeen twin = WrittenHistory.Finished("a") with { Id = "its-twin" };
        Wrong(
            Rule.NeverSent,
            new WrittenHistory().Enqueue("a", Outcome.Unknown).Enqueue("a").Pull("p", "a").PullOf("q", twin),
            "its-twin");
    }

    [Fact]
    public void A_result_that_is_not_the_oracles_is_wrong()
    {
        JobSeen wrong = WrittenHistory.Finished("b") with { Id = WrittenHistory.IdOf("a") };
        Wrong(
            Rule.WrongResult,
            new WrittenHistory().Enqueue("a").PullOf("p", wrong),
            "id-of-a", "the oracle says");
    }

    [Fact]
    public void A_right_result_of_another_length_is_wrong()
    {
        JobSeen wrong = WrittenHistory.Finished("a", iterations: 4);
        Wrong(
            Rule.WrongResult,
            new WrittenHistory().Enqueue("a").PullOf("p", wrong),
            "4 iterations");
    }

    [Fact]
    public void A_result_that_changes_is_wrong()
    {
        JobSeen wrong = WrittenHistory.Finished("a") with { State = "pulled", Done = 3, Result = new string('0', 128) };
        Wrong(
            Rule.WrongResult,
            new WrittenHistory().Enqueue("a").Pull("p", "a").Call(new Operation
            {
                Kind = OperationKind.Read,
                Node = "n1",
                Id = WrittenHistory.IdOf("a"),
                Jobs = [wrong],
            }),
            "id-of-a", "0000");
    }

    [Fact]
    public void A_cancelled_job_that_is_pulled_is_wrong() => Wrong(
        Rule.CancelBroken, new WrittenHistory().Enqueue("a").Cancel("a").Pull("p", "a"), "id-of-a", "'p'");

    [Fact]
    public void A_refused_cancel_leaves_a_job_to_be_pulled() =>
        Right(new WrittenHistory().Enqueue("a").Cancel("a", Outcome.Refused, 409).Pull("p", "a"));

    [Fact]
    public void An_unknown_cancel_may_go_either_way()
    {
        Right(new WrittenHistory().Enqueue("a").Cancel("a", Outcome.Unknown).Pull("p", "a"));
        Right(new WrittenHistory().Enqueue("a").Cancel("a", Outcome.Unknown).Read("a", "cancelled"));
    }

    [Fact]
    public void A_job_that_is_cancelled_though_nobody_asked_is_wrong() =>
        Wrong(Rule.CancelBroken, new WrittenHistory().Enqueue("a").Read("a", "cancelled"), "id-of-a");

    [Fact]
    public void A_run_that_is_not_drained_is_wrong()
    {
        Verdict verdict = new WrittenHistory().Verdict(unfinished: 2);
        Assert.Equal(Rule.NotDrained, Assert.Single(verdict.Violations).Rule);
        verdict = HistoryChecker.Check(History.Of(new WrittenHistory().Records));
        Assert.Equal(Rule.NotDrained, Assert.Single(verdict.Violations).Rule);
    }

    [Fact]
    public void An_answer_that_no_right_request_gets_is_told() => Wrong(
        Rule.UnexpectedAnswer,
        new WrittenHistory().Enqueue("a").Cancel("a", Outcome.Unknown, 500).Pull("p", "a"),
        "500", "cancel of id-of-a");

    private static Verdict Right(WrittenHistory history)
    {
        Verdict verdict = history.Verdict();
        Assert.True(verdict.IsRight, string.Join('\n', verdict.Violations));
        return verdict;
    }

    private static void Wrong(Rule rule, WrittenHistory history, params string[] words)
    {
        Violation found = Assert.Single(history.Verdict().Violations);
        Assert.Equal(rule, found.Rule);
        Assert.All(words, word => Assert.Contains(word, found.Sentence, StringComparison.Ordinal));
    }
}
