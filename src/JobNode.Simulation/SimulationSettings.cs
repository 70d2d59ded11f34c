namespace JobNode.Simulation;

/// <summary>One schedule: everything that happens in it follows from these.</summary>
/// <param name="Seed">Of all random choices.</param>
/// <param name="Nodes">First members.</param>
/// <param name="Verbose">Prints what happens.</param>
internal sealed record SimulationSettings(int Seed, int Nodes, bool Verbose)
{
    /// <summary>Virtual milliseconds of one step.</summary>
    public const int StepMs = 10;

    /// <summary>What may go wrong.</summary>
    public required FaultMix Faults { get; init; }

    /// <summary>Keeps the last events, to be printed.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>Share of the work that is computed twice: none, some or all.</summary>
    public double VerifyShare => (Seed % 4) switch
    {
        0 => 1,
        1 => 0.3,
        _ => 0,
    };

    /// <summary>A mistake that the schedule should find.</summary>
    public PlantedMistake Mistake { get; init; }

    /// <summary>Steps with faults; healing comes after.</summary>
    public int FaultySteps { get; init; } = 500;

    /// <summary>Most steps until the healed cluster must have converged.</summary>
    public int HealingSteps { get; init; } = 8_000;
}

/// <summary>What happened, by kind; summed over schedules to show that the faults are really there.</summary>
internal sealed class SimulationCounts
{
    /// <summary>Crashes between two turns that lose unsynced writes.</summary>
    public long PowerFailures { get; set; }

    /// <summary>Crashes in the middle of a turn, at some disk operation.</summary>
    public long CrashesInTurn { get; set; }

    /// <summary>Deaths of the process that lose no write.</summary>
    public long Kills { get; set; }

    /// <summary>Ends in order.</summary>
    public long Stops { get; set; }

    /// <summary>Restarts.</summary>
    public long Restarts { get; set; }

    /// <summary>Partitions, one-way ones included.</summary>
    public long Partitions { get; set; }

    /// <summary>Nodes that stood still for a while, like a stopped process.</summary>
    public long Stalls { get; set; }

    /// <summary>Writes that a disk refused.</summary>
    public long RefusedWrites { get; set; }

    /// <summary>Syncs that took long.</summary>
    public long SlowSyncs { get; set; }

    /// <summary>Syncs that failed.</summary>
    public long FailedSyncs { get; set; }

    /// <summary>Files that were damaged while their node was down.</summary>
    public long Damages { get; set; }

    /// <summary>Nodes that found damage when they started, and did not serve.</summary>
    public long DamageFound { get; set; }

    /// <summary>Work streams opened between nodes.</summary>
    public long StreamsOpened { get; set; }

    /// <summary>Of these, broken for no reason.</summary>
    public long StreamsBroken { get; set; }

    /// <summary>Commands of the leader's work that were proposed again.</summary>
    public long Echoes { get; set; }

    /// <summary>Jobs acknowledged.</summary>
    public long Jobs { get; set; }

    /// <summary>Results that clients pulled.</summary>
    public long Results { get; set; }

    /// <summary>Answers to pulls that were lost on their way, and asked for again.</summary>
    public long LostAnswers { get; set; }

    /// <summary>Jobs that clients read.</summary>
    public long Reads { get; set; }

    /// <summary>Checkpoints that moved a job.</summary>
    public long Checkpoints { get; set; }

    /// <summary>Messages sent.</summary>
    public long Messages { get; set; }

    /// <summary>Of these, dropped.</summary>
    public long Drops { get; set; }

    /// <summary>Of these, delivered twice.</summary>
    public long Duplicates { get; set; }

    /// <summary>Tasks done beside the raft thread: snapshots saved, files deleted.</summary>
    public long BackgroundTasks { get; set; }

    /// <summary>Snapshots that were sent.</summary>
    public long SnapshotsSent { get; set; }

    /// <summary>Snapshots that replaced a node's state.</summary>
    public long SnapshotsInstalled { get; set; }

    /// <summary>Terms with a leader.</summary>
    public long Leaders { get; set; }

    /// <summary>Entries applied, summed over the nodes.</summary>
    public long Applied { get; set; }

    /// <summary>Commands acknowledged.</summary>
    public long Acknowledged { get; set; }

    /// <summary>Proposals that were answered "outcome unknown".</summary>
    public long Unknown { get; set; }

    /// <summary>Read barriers that were reached.</summary>
    public long Barriers { get; set; }

    /// <summary>Changes of the configuration that were proposed.</summary>
    public long ProposedChanges { get; set; }

    /// <summary>Changes that were committed.</summary>
    public long Changes { get; set; }

    /// <summary>Of these, refused when they were applied.</summary>
    public long RefusedChanges { get; set; }

    /// <summary>Nodes with a log or without one that lost their disk for good.</summary>
    public long Wipes { get; set; }

    /// <summary>Nodes in all, first members and later ones.</summary>
    public long Nodes { get; set; }

    /// <summary>Adds another schedule's.</summary>
    public void Add(SimulationCounts other)
    {
        PowerFailures += other.PowerFailures;
        CrashesInTurn += other.CrashesInTurn;
        Kills += other.Kills;
        Stops += other.Stops;
        Restarts += other.Restarts;
        Partitions += other.Partitions;
        Stalls += other.Stalls;
        RefusedWrites += other.RefusedWrites;
        SlowSyncs += other.SlowSyncs;
        FailedSyncs += other.FailedSyncs;
        Damages += other.Damages;
        DamageFound += other.DamageFound;
        StreamsOpened += other.StreamsOpened;
        StreamsBroken += other.StreamsBroken;
        Echoes += other.Echoes;
        Jobs += other.Jobs;
        Results += other.Results;
        LostAnswers += other.LostAnswers;
        Reads += other.Reads;
        Checkpoints += other.Checkpoints;
        Messages += other.Messages;
        Drops += other.Drops;
        Duplicates += other.Duplicates;
        BackgroundTasks += other.BackgroundTasks;
        SnapshotsSent += other.SnapshotsSent;
        SnapshotsInstalled += other.SnapshotsInstalled;
        Leaders += other.Leaders;
        Applied += other.Applied;
        Acknowledged += other.Acknowledged;
        Unknown += other.Unknown;
        Barriers += other.Barriers;
        ProposedChanges += other.ProposedChanges;
        Changes += other.Changes;
        RefusedChanges += other.RefusedChanges;
        Wipes += other.Wipes;
        Nodes += other.Nodes;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"power failures {PowerFailures}, crashes in a turn {CrashesInTurn}, kills {Kills}, "
        + $"stops {Stops}, restarts {Restarts}, partitions {Partitions}, stalls {Stalls}\n"
        + $"writes refused {RefusedWrites}, slow syncs {SlowSyncs}, failed syncs {FailedSyncs}, "
        + $"files damaged {Damages}, found by their nodes {DamageFound}, disks wiped {Wipes}\n"
        + $"messages {Messages}, dropped {Drops}, duplicated {Duplicates}, "
        + $"work streams {StreamsOpened}, broken {StreamsBroken}\n"
        + $"background tasks {BackgroundTasks}, snapshots sent {SnapshotsSent}, installed {SnapshotsInstalled}\n"
        + $"leaders {Leaders}, entries applied {Applied}, calls acknowledged {Acknowledged}, "
        + $"outcomes unknown {Unknown}, read barriers {Barriers}\n"
        + $"jobs {Jobs}, results pulled {Results}, answers lost {LostAnswers}, reads {Reads}, "
        + $"checkpoints {Checkpoints}, repeated commands {Echoes}\n"
        + $"nodes {Nodes}, changes proposed {ProposedChanges}, committed {Changes}, of them refused {RefusedChanges}";
}

/// <summary>A schedule found something that must not be.</summary>
internal sealed class SimulationFailedException(string reason) : Exception(reason);

/// <summary>The power fails in the middle of a disk operation.</summary>
internal sealed class SimulatedCrashException() : Exception("simulated crash");
