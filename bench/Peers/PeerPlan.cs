namespace JobNode.Bench.Peers;

/// <summary>What a run of the comparison does.</summary>
/// <param name="Binary">The published program.</param>
/// <param name="Rounds">All sides are measured once in each, in another order.</param>
/// <param name="IsQuick">Short cells, to see that it works; not for figures.</param>
/// <param name="Only">Questions to ask; empty for all.</param>
/// <param name="Folder">Where the servers keep their data, on a real disk.</param>
internal sealed record PeerPlan(
    string Binary, int Rounds, bool IsQuick, IReadOnlyList<string> Only, string Folder)
{
    /// <summary>How long one cell of the queues is measured.</summary>
    public TimeSpan QueueCell => TimeSpan.FromSeconds(IsQuick ? 0.7 : 3);

    /// <summary>How long one cell of the whole job is measured.</summary>
    public TimeSpan JobCell => TimeSpan.FromSeconds(IsQuick ? 0.7 : 2.5);

    /// <summary>How long one hash loop runs, in seconds.</summary>
    public const int HashSeconds = 1;

    /// <summary>True when the question is asked.</summary>
    public bool Asks(string question) => Only.Count == 0 || Only.Contains(question);

    /// <summary>Reads <c>[--rounds N] [--quick] [--only queue,hash,jobs] [BINARY]</c>.</summary>
    public static PeerPlan Parse(IReadOnlyList<string> arguments)
    {
        var plan = new PeerPlan(
            Path.GetFullPath(Path.Combine("artifacts", "jobnode")), 5, false, [],
            Path.GetFullPath(Path.Combine("artifacts", "bench-data")));
        for (int i = 0; i < arguments.Count; i++)
        {
            plan = arguments[i] switch
            {
                "--rounds" => plan with { Rounds = int.Parse(arguments[++i]) },
                "--quick" => plan with { IsQuick = true },
                "--only" => plan with { Only = arguments[++i].Split(',') },
                _ => plan with { Binary = Path.GetFullPath(arguments[i]) },
            };
        }

        return plan;
    }
}
