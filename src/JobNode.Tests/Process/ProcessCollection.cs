namespace JobNode.Tests.Processes;

/// <summary>
/// Tests on real processes run one after the other, and beside nothing else: they want the machine's cores.
/// </summary>
/// <remarks>
/// The namespace is in the plural: JobNode.Tests.Process would hide System.Diagnostics.Process from all tests.
/// </remarks>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessCollection
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "Process";
}
