namespace JobNode.Chaos.Faults;

/// <summary>One thing that goes wrong for a while.</summary>
internal interface IFault
{
    /// <summary>Names of the hosts that it meets; known once it has begun.</summary>
    IReadOnlyList<string> Targets { get; }

    /// <summary>What is done, for people; known once it has begun.</summary>
    string Description { get; }

    /// <summary>Does it.</summary>
    Task BeginAsync(CancellationToken cancellation);

    /// <summary>Takes it back; what was destroyed stays destroyed.</summary>
    Task EndAsync();
}

/// <summary>What faults must not meet in one round, lest they break more than is promised to survive.</summary>
internal enum FaultGroup
{
    /// <summary>Nothing is lost by it.</summary>
    Harmless = 0,

    /// <summary>A node may lose what it stored: a minority at a time, until all have caught up.</summary>
    DataLoss = 1,

    /// <summary>Voters change, so that losing a disk meanwhile may be losing a majority.</summary>
    Membership = 2,
}

/// <summary>A kind of fault.</summary>
/// <param name="Kind">Its name on the command line and in all reports.</param>
/// <param name="Group">What it must not meet.</param>
/// <param name="Create">Makes one.</param>
internal sealed record FaultKind(string Kind, FaultGroup Group, Func<FaultScene, IFault> Create);
