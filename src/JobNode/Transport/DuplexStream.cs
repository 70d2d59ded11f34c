namespace JobNode.Transport;

/// <summary>Two byte streams in opposite directions between two nodes, over HTTP/2 or in memory.</summary>
/// <param name="Input">What the other side sends.</param>
/// <param name="Output">What this side sends; flush to push it out.</param>
internal sealed record DuplexStream(Stream Input, Stream Output) : IAsyncDisposable
{
    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Output.DisposeAsync();
        await Input.DisposeAsync();
    }
}
