namespace JobNode.Consensus;

/// <summary>Surface only; the body follows.</summary>
internal sealed class IncomingSnapshot : IDisposable
{
    private readonly string _name = "";

    /// <summary>Bytes received so far.</summary>
    public long ReceivedBytes { get; }

    /// <summary>Takes the next bytes of the file.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => throw new NotSupportedException($"{bytes.Length}{ReceivedBytes}");

    /// <summary>Verifies the whole file and makes it durable under a temporary name.</summary>
    /// <exception cref="SnapshotDamagedException">The bytes are not those of a whole snapshot.</exception>
    public (SnapshotMetadata Metadata, string FileName) Complete() => throw new NotSupportedException(_name);

    /// <summary>Deletes the file unless <see cref="Complete"/> succeeded.</summary>
    public void Dispose() => throw new NotSupportedException(_name);
}
