namespace JobNode.Cli;

/// <summary>Ends a verb: one sentence for people and the exit code for programs.</summary>
internal sealed class CliFailure(ExitCode code, string sentence) : Exception(sentence)
{
    /// <summary>What the process exits with.</summary>
    public ExitCode Code { get; } = code;

    /// <summary>True when the command may have taken effect all the same.</summary>
    public bool IsOutcomeUnknown { get; init; }

    /// <summary>True when the same may work later: no node answers, no quorum, too much at once.</summary>
    public bool IsPassing { get; init; }

    /// <summary>The type of the problem that a node answered with, or null.</summary>
    public string? Problem { get; init; }
}

/// <summary>Exit codes; part of the contract, never renumbered.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>The cluster or the machine refused.</summary>
    Failed = 1,

    /// <summary>The command line is wrong.</summary>
    Usage = 2,

    /// <summary>No node answers at the address.</summary>
    Unreachable = 3,

    /// <summary>
    /// The node answers, but the cluster has no leader: a majority is missing, it is starting, or it lost its leader
    /// while the command was on its way.
    /// </summary>
    NoQuorum = 4,
}
