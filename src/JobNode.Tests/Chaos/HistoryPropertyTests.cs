using JobNode.Chaos.Histories;
using Xunit.Abstractions;

namespace JobNode.Tests.Chaos;

/// <summary>The checker against histories by the hundred, each from its seed.</summary>
public sealed class HistoryPropertyTests(ITestOutputHelper output)
{
    private const int Seeds = 400;
    private const int Calls = 60;

    [Fact]
    public void Every_right_history_is_accepted()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            Verdict verdict = HistoryChecker.Check(History.Of(RightHistory.Of(seed, Calls)));
            Assert.True(verdict.IsRight, $"seed {seed}:\n{string.Join('\n', verdict.Violations)}");
        }
    }

    [Fact]
    public void Every_right_history_with_one_wrong_answer_is_rejected()
    {
        Dictionary<string, int> rejected = [];
        for (int seed = 0; seed < Seeds; seed++)
        {
            List<HistoryRecord> records = [.. RightHistory.Of(seed, Calls)];
            string mutation = HistoryMutation.Apply(records, new Random(seed));
            Verdict verdict = HistoryChecker.Check(History.Of(records));
            Assert.False(verdict.IsRight, $"seed {seed}: {mutation}, and nothing was found");
            rejected[mutation] = rejected.GetValueOrDefault(mutation) + 1;
        }

        output.WriteLine(string.Join('\n', rejected.Select(pair => $"measured: {pair.Value} times {pair.Key}")));
        Assert.True(rejected.Count >= 12, "every mutation had its turn");
    }
}
