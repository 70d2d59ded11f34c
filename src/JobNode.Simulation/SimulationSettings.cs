namespace JobNode.Simulation;

/// <summary>One schedule: everything that happens in it follows from these.</summary>
/// <param name="Seed">Of all random choices.</param>
/// <param name="Nodes">First members.</param>
/// <param name="Verbose">Prints what happens.</param>
internal sealed record SimulationSettings(int Seed, int Nodes, bool Verbose)
{
    /// <summary>Virtual milliseconds of one step.</summary>
    public const int StepMs = 10;

    /// <summary>Machines come and go, and roles change.</summary>
    public bool IsChurning { get; init; }

    /// <summary>A mistake that the schedule should find.</summary>
    public PlantedMistake Mistake { get; init; }

    /// <summary>Steps with faults; healing comes after.</summary>
    public int FaultySteps { get; init; } = 500;

    /// <summary>Most steps until the healed cluster must have converged.</summary>
    public int HealingSteps { get; init; } = 4_000;
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

    /// <summary>Writes that met a full disk.</summary>
    public long FullDisks { get; set; }

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
        FullDisks += other.FullDisks;
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
        + $"stops {Stops}, restarts {Restarts}, partitions {Partitions}, stalls {Stalls}, "
        + $"writes to full disks {FullDisks}\n"
        + $"messages {Messages}, dropped {Drops}, duplicated {Duplicates}\n"
        + $"background tasks {BackgroundTasks}, snapshots sent {SnapshotsSent}, installed {SnapshotsInstalled}\n"
        + $"leaders {Leaders}, entries applied {Applied}, commands acknowledged {Acknowledged}, "
        + $"outcomes unknown {Unknown}, read barriers {Barriers}\n"
        + $"nodes {Nodes}, changes proposed {ProposedChanges}, committed {Changes}, of them refused {RefusedChanges}, "
        + $"disks wiped {Wipes}";
}

/// <summary>A schedule found something that must not be.</summary>
internal sealed class SimulationFailedException(string reason) : Exception(reason);

/// <summary>The power fails in the middle of a disk operation.</summary>
internal sealed class SimulatedCrashException() : Exception("simulated crash");
