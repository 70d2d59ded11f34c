using JobNode.Fuzz;
using JobNode.Tests.Support;

namespace JobNode.Tests.Fuzz;

/// <summary>
/// A short run of every fuzz target, the same each time: seeds, the corpus with all that was ever found, and mutations.
/// <c>make fuzz</c> goes on for as long as you like, guided by coverage.
/// </summary>
public sealed class FuzzTests
{
    private const int Seed = 1;
    private const int Mutations = 2000;
    private const int MutationsOfSlowTargets = 200;

    private static readonly string[] SlowTargets = ["http", "join-token"];

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_input_is_read_or_refused(string name)
    {
        FuzzTarget target = FuzzTargets.All.Single(other => other.Name == name);
        CorpusFolder corpus = new(Path.Combine(Repository.Root, "src", "JobNode.Fuzz", "Corpus"));
        FuzzRun run = new(target, Seed);
        run.Begin(corpus.Read(name));
        int mutations = SlowTargets.Contains(name) ? MutationsOfSlowTargets : Mutations;
        for (int mutation = 0; mutation < mutations; mutation++)
        {
            run.Mutate();
        }

        Assert.True(run.Findings.Count == 0, $"seed {Seed}: {string.Join('\n', run.Findings.Select(finding =>
            $"{finding.What}\ninput {Convert.ToHexStringLower(finding.Input)}"))}");
    }

    [Fact]
    public void A_reader_that_throws_what_it_should_not_is_found()
    {
        FuzzTarget broken = new("broken", _ => [[1, 2, 3]], input =>
        {
            if (input.Length > 3 && input[0] == 1)
            {
                throw new InvalidOperationException("planted");
            }
        });
        FuzzRun run = new(broken, Seed);
        run.Begin([]);
        for (int mutation = 0; mutation < Mutations; mutation++)
        {
            run.Mutate();
        }

        Assert.Contains("planted", Assert.Single(run.Findings).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_allocates_out_of_proportion_is_found()
    {
        FuzzTarget greedy = new("greedy", _ => [[1]], _ => GC.KeepAlive(new byte[64 << 20]));
        FuzzRun run = new(greedy, Seed);
        run.Begin([]);
        Assert.Contains("allocated", Assert.Single(run.Findings).What, StringComparison.Ordinal);
    }
}
