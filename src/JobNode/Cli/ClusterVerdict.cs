using JobNode.Api;

namespace JobNode.Cli;

/// <summary>How the cluster is, in one sentence for a person who has a second.</summary>
/// <param name="Kind">How bad it is.</param>
/// <param name="Sentence">Begins with the verdict, ends with the work that is left.</param>
internal sealed record ClusterVerdict(VerdictKind Kind, string Sentence)
{
    /// <summary>Judges what a node knows.</summary>
    public static ClusterVerdict Of(StatusResponse status)
    {
        int voters = status.Nodes.Count(IsVoter);
        if (status.Leader is null)
        {
            string whom = voters == 1 ? "the only voter" : $"a majority of its {voters} voters";
            return new(
                VerdictKind.Down,
                $"NOT WORKING: no leader. Nothing is accepted or finished until {whom} can be reached "
                + $"({status.Node.Address} cannot).");
        }

        List<string> doubts = [.. Doubts(status, voters)];
        return doubts.Count == 0
            ? new(VerdictKind.Well, $"All is well: {Present(status)}, {WorkLeft(status)}.")
            : new(VerdictKind.Doubtful, $"NEEDS A LOOK: {string.Join("; ", doubts)}. {Begin(WorkLeft(status))}.");
    }

    private static IEnumerable<string> Doubts(StatusResponse status, int voters)
    {
        string[] silent = [.. status.Nodes.Where(node => !node.Alive).Select(node => node.Address)];
        if (silent.Length > 0 && status.LeaderIsNew)
        {
            yield return $"the leader is new, and {silent.Length} of {status.Nodes.Count} nodes "
                + $"{Have(silent.Length)} not reported to it yet ({string.Join(", ", silent)})";
        }
        else if (silent.Length > 0)
        {
            int votersLeft = status.Nodes.Count(node => IsVoter(node) && node.Alive);
            string margin = votersLeft == voters
                ? ""
                : votersLeft > (voters / 2) + 1 ? ", it can bear more" : ", and no further voter may be lost";
            yield return $"{silent.Length} of {status.Nodes.Count} nodes {Are(silent.Length)} silent "
                + $"({string.Join(", ", silent)}){margin}";
        }

        int quarantined = status.Nodes.Count(node => node.Quarantine is not null);
        if (quarantined > 0)
        {
            yield return $"{quarantined} {Are(quarantined)} in quarantine for wrong results";
        }

        if (status.Nodes.Any(node => node.Suspect))
        {
            yield return "nodes contradict each other";
        }

        if (status.Node.State is not ("ready" or "starting"))
        {
            yield return $"{status.Node.Address} is {Words(status.Node.State)}";
        }

        if (status.Node.Warnings.Count > 0)
        {
            yield return $"{status.Node.Address} has {CliText.Count(status.Node.Warnings.Count, "warning")} (below)";
        }

        if (Unfinished(status) > 0 && status.IterationsPerSecond <= 0)
        {
            yield return "no node computes";
        }
    }

    private static string Present(StatusResponse status) =>
        status.Nodes.Count == 1 ? "one node at work" : $"all {status.Nodes.Count} nodes at work";

    private static string WorkLeft(StatusResponse status) => Unfinished(status) switch
    {
        0 => status.Queue.Completed == 0
            ? "nothing to do"
            : $"nothing to do, {CliText.Count(status.Queue.Completed, "result")} to pull",
        long jobs when status.EtaSeconds is { } seconds =>
            $"{CliText.Count(jobs, "job")} to do, done in about {CliText.Duration(seconds)}",
        long jobs => $"{CliText.Count(jobs, "job")} to do, nobody knows yet how long that takes",
    };

    private static long Unfinished(StatusResponse status) => status.Queue.Pending + status.Queue.Running;

    /// <summary>A node that stands for election, or just lost one, votes.</summary>
    private static bool IsVoter(StatusMember node) => node.Role is "leader" or "voter" or "candidate";

    private static string Words(string state) => state switch
    {
        "noQuorum" => "without a quorum",
        "diskBlocked" => "blocked by its disk",
        _ => state,
    };

    private static string Are(int count) => count == 1 ? "is" : "are";

    private static string Have(int count) => count == 1 ? "has" : "have";

    private static string Begin(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}

/// <summary>How bad it is.</summary>
internal enum VerdictKind
{
    /// <summary>Nothing to look at.</summary>
    Well,

    /// <summary>It works, and somebody should look.</summary>
    Doubtful,

    /// <summary>It does not work.</summary>
    Down,
}
