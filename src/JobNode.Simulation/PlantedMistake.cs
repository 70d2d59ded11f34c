namespace JobNode.Simulation;

/// <summary>Mistakes that can be planted, to see that the simulation finds them (<c>--plant</c>).</summary>
internal enum PlantedMistake
{
    /// <summary>None.</summary>
    None,

    /// <summary>The disk lies about syncs: what was acknowledged may be lost.</summary>
    LostWrites,

    /// <summary>A change of the configuration is applied before the commit index that allows it is durable.</summary>
    ForgottenCommit,

    /// <summary>A wiped machine comes back under its old id, and has forgotten what it voted and stored.</summary>
    KeptId,

    /// <summary>Removed ids are ignored: nodes answer when one that was removed asks for their vote.</summary>
    VotesForRemoved,
}
