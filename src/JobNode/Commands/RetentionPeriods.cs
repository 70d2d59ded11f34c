namespace JobNode.Commands;

/// <summary>How long finished jobs stay; what the leader was told counts.</summary>
/// <param name="Finished">Pulled and cancelled jobs stay readable this long.</param>
/// <param name="Unpulled">Results that nobody pulls are kept this long; zero: for ever.</param>
internal sealed record RetentionPeriods(TimeSpan Finished, TimeSpan Unpulled)
{
    /// <summary>A day, and for ever.</summary>
    public static readonly RetentionPeriods Default = new(
        TimeSpan.FromMilliseconds(Limits.RetentionMs), TimeSpan.Zero);
}
