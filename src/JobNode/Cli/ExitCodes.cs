namespace JobNode.Cli;

/// <summary>What each exit code means, for documents.</summary>
internal static class ExitCodes
{
    /// <summary>All, in order.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        ((int)ExitCode.Ok, "Done."),
        ((int)ExitCode.Failed, "Failed: the cluster or the machine refused; the sentence says why."),
        ((int)ExitCode.Usage, "Wrong usage."),
        ((int)ExitCode.Unreachable, "No node answers at the address."),
        (
            (int)ExitCode.NoQuorum,
            "A node answers, but the cluster has no leader: no quorum, not formed yet, or lost while the command was "
            + "on its way. status exits with it, too, when it shows a cluster without a leader."),
    ];
}
