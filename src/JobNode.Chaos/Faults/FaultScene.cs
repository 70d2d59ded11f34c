using JobNode.Chaos.Hosts;
using JobNode.Chaos.Networks;

namespace JobNode.Chaos.Faults;

/// <summary>What a fault may meet, and the dice of that fault alone: its choices do not depend on others'.</summary>
/// <param name="Cluster">Hosts and network.</param>
/// <param name="Random">Seeded from the run's seed and the fault's number.</param>
/// <param name="Log">Where to say what happens.</param>
/// <param name="Binary">The program, for its verbs.</param>
internal sealed record FaultScene(Cluster Cluster, Random Random, RunLog Log, string Binary)
{
    private static readonly TimeSpan VerbLimit = TimeSpan.FromSeconds(20);

    /// <summary>Every second time the leader, if there is one; else any voter.</summary>
    public Host OneVoter() => Random.Next(2) == 0 && Cluster.Leader is { } leader ? leader : Any(Cluster.Voters);

    /// <summary>So many voters; the leader is among them half of the time.</summary>
    public IReadOnlyList<Host> SomeVoters(int count)
    {
        Host first = OneVoter();
        Host[] others = [.. Cluster.Voters.Where(host => host != first)];
        Random.Shuffle(others);
        return [first, .. others.Take(count - 1)];
    }

    /// <summary>One to as many voters as can be lost.</summary>
    public IReadOnlyList<Host> Minority() => SomeVoters(Random.Next(1, ((Cluster.Nodes - 1) / 2) + 1));

    /// <summary>Any of them.</summary>
    public T Any<T>(IReadOnlyList<T> choices) => choices[Random.Next(choices.Count)];

    /// <summary>Both directions between any of the first and any of the second.</summary>
    public static IEnumerable<Direction> Between(IEnumerable<Host> some, IEnumerable<Host> others) =>
        FromTo(some, others).SelectMany(one => new[] { one, new Direction(one.To, one.From) });

    /// <summary>The direction from any of the first to any of the second.</summary>
    public static IEnumerable<Direction> FromTo(IEnumerable<Host> some, IEnumerable<Host> others) =>
        some.SelectMany(from => others.Where(to => to != from).Select(to => new Direction(from.Number, to.Number)));

    /// <summary>Runs a verb of the program on a host, which must be up: such calls are answered there only.</summary>
    public Task<(int ExitCode, string Output)> VerbAsync(Host host, params string[] arguments) => Tool.TryRunAsync(
        "ip",
        ["netns", "exec", host.Name, Binary, .. arguments, "--node", $"http://127.0.0.1:{Host.ApiPort}"],
        VerbLimit);

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names(IEnumerable<Host> hosts) => [.. hosts.Select(host => host.Name)];

    /// <summary>Their names, to be read.</summary>
    public static string Spoken(IEnumerable<Host> hosts) => string.Join(' ', Names(hosts));
}
