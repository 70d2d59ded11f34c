namespace JobNode.Tests.Processes;

/// <summary>
/// Tests on real processes run one after the other, and beside nothing else: they want the machine's cores.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessCollection
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "Process";
}
