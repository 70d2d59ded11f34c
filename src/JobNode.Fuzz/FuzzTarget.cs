namespace JobNode.Fuzz;

/// <summary>Something that reads bytes which others wrote.</summary>
/// <param name="Name">As the command line and the corpus name it.</param>
/// <param name="Seeds">Real encodings to begin with.</param>
/// <param name="Try">Reads an input; refuses it as documented, or throws anything else, which is a finding.</param>
internal sealed record FuzzTarget(string Name, Func<Random, IEnumerable<byte[]>> Seeds, Action<byte[]> Try)
{
    /// <summary>Puts right the checksums of a mutated input, so that it gets past them; null when there are
    /// none.</summary>
    public Func<byte[], byte[]>? Repair { get; init; }

    /// <summary>Texts that inputs are made of.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Bytes that reading may allocate whatever the input is.</summary>
    public long AllocatedMax { get; init; } = 2 << 20;

    /// <summary>Bytes that reading may allocate more for every byte of the input.</summary>
    public long AllocatedPerByteMax { get; init; } = 1000;
}

/// <summary>An input breaks what its reader promises.</summary>
internal sealed class FuzzFindingException(string message) : Exception(message)
{
    /// <summary>Throws unless it holds.</summary>
    public static void ThrowUnless(bool holds, string message)
    {
        if (!holds)
        {
            throw new FuzzFindingException(message);
        }
    }
}
