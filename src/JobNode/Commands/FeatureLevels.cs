namespace JobNode.Commands;

/// <summary>Feature levels: what every member must know before any of them writes it.</summary>
/// <remarks>
/// A cluster begins at <see cref="First"/>. The leader raises it, by an entry of the log, to the highest level that
/// every member announced; it never goes back. So nodes of two versions run side by side while an upgrade rolls
/// through, and from the moment that the last is upgraded the new forms are written. A new form: (1) give it the next
/// level here and raise <see cref="Latest"/>, (2) read it always, (3) write it only when the configuration has the
/// level.
/// </remarks>
internal static class FeatureLevels
{
    /// <summary>The first level.</summary>
    public const int First = 1;

    /// <summary>From this level on a checkpoint says which node computed it.</summary>
    public const int CheckpointWorkers = 2;

    /// <summary>From this level on a faulty node is quarantined, and what it computed is recalled.</summary>
    public const int Quarantine = 3;

    /// <summary>The highest level that this program knows.</summary>
    /// <remarks>
    /// Built with <c>-p:FeatureLevel=2</c> this is the program as it was before level 3: for the test of a rolling
    /// upgrade.
    /// </remarks>
#if FEATURE_LEVEL_2
    public const int Latest = CheckpointWorkers;
#else
    public const int Latest = Quarantine;
#endif

    /// <summary>Refuses to be part of a cluster that writes what this program cannot read.</summary>
    /// <exception cref="FeatureLevelException">With the sentence.</exception>
    public static void RequireKnown(int level)
    {
        if (level > Latest)
        {
            throw new FeatureLevelException(level);
        }
    }
}

/// <summary>This program is too old for its cluster.</summary>
/// <param name="level">The cluster's level.</param>
internal sealed class FeatureLevelException(int level) : IOException(
    $"The cluster is at feature level {level}, and this jobnode knows only level {FeatureLevels.Latest}: it could not "
    + "read what the others write. Nothing is lost; start the version that ran here before, or a newer one.");
