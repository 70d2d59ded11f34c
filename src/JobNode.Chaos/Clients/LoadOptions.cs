namespace JobNode.Chaos.Clients;

/// <summary>A node that clients may ask.</summary>
/// <param name="Name">As the history names it.</param>
/// <param name="Api">Where its API answers.</param>
internal sealed record LoadNode(string Name, Uri Api);

/// <summary>How the clients of a <see cref="LoadGenerator"/> behave.</summary>
internal sealed record LoadOptions
{
    /// <summary>
    /// Of everything random, and part of every key: two generators on one cluster need two seeds.
    /// </summary>
    public int Seed { get; init; } = 1;

    /// <summary>Clients at once, beside the one for long jobs.</summary>
    public int Clients { get; init; } = 16;

    /// <summary>Calls begun per second by all clients together, when all is well.</summary>
    public double CallsPerSecond { get; init; } = 300;

    /// <summary>An attempt is given up after a random time up to this.</summary>
    public TimeSpan AttemptTimeoutMax { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Between two questions for the status of one node.</summary>
    public TimeSpan ProbePeriod { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Long jobs under way at once; 0 for none.</summary>
    public int LongJobs { get; init; } = 3;

    /// <summary>
    /// Iterations of the longest job: some ten seconds of one core and more, so that it has checkpoints.
    /// </summary>
    public ulong LongIterationsMax { get; init; } = 30_000_000;

    /// <summary>Fraction of calls whose connection is broken on purpose.</summary>
    public double BrokenFraction { get; init; } = 0.05;

    /// <summary>After this long <see cref="LoadGenerator.DrainAsync"/> says what is left.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(3);
}
