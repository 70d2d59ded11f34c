namespace JobNode.Observability;

/// <summary>What the probes and <c>status</c> call a node's state. Pure: from what is known to a word.</summary>
internal static class Health
{
    /// <summary>After this long without a leader a node no longer counts as starting, in milliseconds.</summary>
    public const int StartingMs = 10_000;

    /// <summary><c>ready</c>, <c>starting</c> or <c>noQuorum</c>.</summary>
    /// <param name="hasLeader">A leader is known now.</param>
    /// <param name="hadLeader">A leader was known at some time since the start.</param>
    /// <param name="sinceStart">Time since the node started.</param>
    public static string StateOf(bool hasLeader, bool hadLeader, TimeSpan sinceStart)
    {
        if (hasLeader)
        {
            return "ready";
        }

        return hadLeader || sinceStart.TotalMilliseconds > StartingMs ? "noQuorum" : "starting";
    }
}
