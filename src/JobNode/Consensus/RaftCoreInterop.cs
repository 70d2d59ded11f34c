using System.Runtime.InteropServices;

namespace JobNode.Consensus;

/// <summary>
/// The C interface of Native/bridge.go. Linked statically into native binaries (RaftCore.targets); never called in a
/// process with the just-in-time runtime, whose signal handlers do not get along with Go's.
/// </summary>
/// <remarks>
/// Every buffer belongs to the caller and is not kept beyond the call. Results: 0 or more is success, 1 from
/// <see cref="Step"/> and the proposing calls means refused, -1 that the core failed: <see cref="TakeError"/> says
/// why.
/// </remarks>
internal static unsafe partial class RaftCoreInterop
{
    private const string Library = "etcdraft";

    /// <summary>Seeds the one source of randomness that all cores of the process share.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_seed")]
    public static partial void Seed(long seed);

    /// <summary>Makes a core from its settings; gives its slot.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_open")]
    public static partial int Open(byte* settings, long bytes);

    /// <summary>Appends remembered entries.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_load")]
    public static partial long Load(int slot, byte* entries, long bytes);

    /// <summary>Starts the core on what was loaded.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_start")]
    public static partial long Start(int slot);

    /// <summary>Frees the slot.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_close")]
    public static partial void Close(int slot);

    /// <summary>One tick.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_tick")]
    public static partial long Tick(int slot);

    /// <summary>Stands for election.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_campaign")]
    public static partial long Campaign(int slot);

    /// <summary>Takes a message.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_step")]
    public static partial long Step(int slot, byte* message, long bytes);

    /// <summary>Proposes an entry.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_propose")]
    public static partial long Propose(int slot, byte* entry, long bytes);

    /// <summary>Asks for a read index; the two halves come back in the answer.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_read_index")]
    public static partial long ReadIndex(int slot, ulong high, ulong low);

    /// <summary>Reports a node that messages do not reach.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_report_unreachable")]
    public static partial long ReportUnreachable(int slot, ulong node);

    /// <summary>Reports the end of a snapshot transfer.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_report_snapshot")]
    public static partial long ReportSnapshot(int slot, ulong node, int delivered);

    /// <summary>Proposes a change of the configuration.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_propose_conf_change")]
    public static partial long ProposeConfChange(int slot, int kind, ulong node, byte* context, long bytes);

    /// <summary>Applies a committed change; node 0 cancels it.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_apply_conf_change")]
    public static partial long ApplyConfChange(int slot, int kind, ulong node);

    /// <summary>Bytes of what a leader knows of each node; written only when they fit.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_progress")]
    public static partial long Progress(int slot, byte* buffer, long capacity);

    /// <summary>Hands leadership over.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_transfer_leader")]
    public static partial long TransferLeader(int slot, ulong to);

    /// <summary>Bytes of what is to be done, 0 for nothing; written only when they fit.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_ready")]
    public static partial long Ready(int slot, byte* buffer, long capacity);

    /// <summary>The last ready is done.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_advance")]
    public static partial long Advance(int slot);

    /// <summary>A snapshot is on disk; drops older entries from memory.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_compact")]
    public static partial long Compact(int slot, byte* arguments, long bytes);

    /// <summary>Why a core failed, as UTF-8; a negative slot asks about <see cref="Open"/>.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_take_error")]
    public static partial long TakeError(int slot, byte* buffer, long capacity);

    /// <summary>Waiting log lines, each a level letter, the text and a line feed.</summary>
    [LibraryImport(Library, EntryPoint = "etcdraft_take_log")]
    public static partial long TakeLog(int slot, byte* buffer, long capacity);
}
