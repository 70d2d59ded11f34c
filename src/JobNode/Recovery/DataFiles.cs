using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Recovery;

/// <summary>What the files of a data directory are, by their names.</summary>
internal static class DataFiles
{
    /// <summary>The node's identity.</summary>
    public const string NodeId = "node-id";

    /// <summary>The file whose lock keeps a second process out.</summary>
    public const string Lock = "lock";

    /// <summary>A snapshot.</summary>
    public const string Snapshot = "snapshot";

    /// <summary>A segment of the log.</summary>
    public const string Log = "log";

    /// <summary>Says that what is there is not to be trusted (<see cref="DamageMark"/>).</summary>
    public const string Mark = "damage mark";

    private const string SpareLog = "spare log";
    private const string Unfinished = "unfinished";
    private const string Identity = "identity";
    private const string Other = "other";

    /// <summary>The kind of a file.</summary>
    public static string KindOf(string name) => name switch
    {
        NodeId => Identity,
        Lock => Lock,
        DamageMark.Name => Mark,
        _ when SnapshotStore.TryParseName(name, out _) => Snapshot,
        _ when LogFileName.TryParseLive(name, out _, out _) => Log,
        _ when LogFileName.IsSpare(name) => SpareLog,
        _ when name.StartsWith(NodeId, StringComparison.Ordinal) => Unfinished,
        _ when name.Contains(".snapshot", StringComparison.Ordinal) => Unfinished,
        _ => Other,
    };

    /// <summary>What can be said of a file without reading it.</summary>
    public static string VerdictOf(string name) => KindOf(name) switch
    {
        Lock => "no node runs",
        SpareLog => "waits to be used again",
        Unfinished => "does not count; the next start deletes it",
        Other => "not jobnode's",
        _ => "not read",
    };

    /// <summary>True for the files that hold a node's state, as opposed to its identity.</summary>
    public static bool IsState(string name) => KindOf(name) is Snapshot or Log or SpareLog or Unfinished or Mark;
}
