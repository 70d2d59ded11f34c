namespace JobNode.Commands;

/// <summary>Every bound of the program, so that they can be read together. Units are in the names.</summary>
internal static class Limits
{
    /// <summary>Longest chain a job may ask for: at 10 million a second, about 30,000 years.</summary>
    public const ulong IterationsMax = 10_000_000_000_000_000_000;

    /// <summary>Highest priority; 0 is the default.</summary>
    public const byte PriorityMax = 9;

    /// <summary>Jobs the replicated state may hold, finished ones under retention included.</summary>
    public const int JobsHeldMax = 20_000_000;

    /// <summary>Jobs, chains or ids in one command.</summary>
    public const int JobsPerCommandMax = 4096;

    /// <summary>Results in one pull.</summary>
    public const int PullTopMax = 4096;

    /// <summary>Bytes of one raft entry; a batch of commands is closed before it.</summary>
    public const int EntryBytesMax = 1 << 20;

    /// <summary>Bytes of one frame between nodes.</summary>
    public const int FrameBytesMax = 8 << 20;

    /// <summary>Proposals a node holds that are not applied yet; past it the caller is told to slow down.</summary>
    public const int ProposalsInFlightMax = 65_536;

    /// <summary>Characters of an Idempotency-Key header.</summary>
    public const int IdempotencyKeyCharactersMax = 255;

    /// <summary>Longest <c>?wait=</c> of a read, in milliseconds.</summary>
    public const int WaitMsMax = 300_000;

    /// <summary>How long an API call looks for a leader before it answers "no quorum", in milliseconds.</summary>
    public const int NoLeaderTimeoutMs = 10_000;

    /// <summary>Members of one cluster.</summary>
    public const int MembersMax = 1000;

    /// <summary>Voters of one cluster: with more a commit only takes longer.</summary>
    public const int VotersMax = 9;

    /// <summary>Ids of removed members that are remembered.</summary>
    public const int RemovedMax = 4096;

    /// <summary>UTF-8 bytes of a member's address.</summary>
    public const int AddressBytesMax = 300;

    /// <summary>UTF-8 bytes of a zone's name.</summary>
    public const int ZoneBytesMax = 64;

    /// <summary>UTF-8 bytes of the sentence that says why a node is in quarantine.</summary>
    public const int ReasonBytesMax = 400;

    /// <summary>Nodes in quarantine; past it the oldest entry goes.</summary>
    public const int QuarantinedMax = MembersMax;

    /// <summary>Pulled and cancelled jobs stay readable this long, in milliseconds (one day).</summary>
    public const ulong RetentionMs = 86_400_000;
}
