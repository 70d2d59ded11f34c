namespace JobNode.Chaos.Clients;

/// <summary>How a client breaks its own call on purpose, as a network would; a short timeout is another way.</summary>
internal enum Breakage
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>The connection ends while the answer comes in, after its first bytes.</summary>
    DuringAnswer = 1,

    /// <summary>The connection ends in the middle of the request's body.</summary>
    DuringBody = 2,
}

/// <summary>A body that ends in the middle with an error, which makes the client drop the connection.</summary>
internal sealed class BreakingContent(byte[] bytes) : HttpContent
{
    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
    {
        await stream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
        await stream.FlushAsync();
        throw new IOException("broken on purpose in the middle of the body");
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}
