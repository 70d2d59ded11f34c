using System.Diagnostics.CodeAnalysis;

namespace JobNode.Tests.Support;

/// <summary>One running node for all tests of a class that leave no trace in it.</summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "xunit ends the node through IAsyncLifetime.DisposeAsync.")]
public sealed class SingleNodeFixture : IAsyncLifetime
{
    private readonly NodeProcess _node = new();

    /// <summary>The node.</summary>
    internal NodeProcess Node => _node;

    /// <inheritdoc/>
    public Task InitializeAsync() => _node.StartAndWaitAsync();

    /// <inheritdoc/>
    public async Task DisposeAsync() => await _node.DisposeAsync();
}
