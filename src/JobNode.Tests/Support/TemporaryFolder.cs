namespace JobNode.Tests.Support;

/// <summary>A folder of its own that goes away with its owner.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Its absolute path.</summary>
    public string FullName { get; } = Directory.CreateTempSubdirectory("jobnode-test-").FullName;

    /// <summary>A path inside.</summary>
    public string PathOf(string name) => Path.Combine(FullName, name);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(FullName, recursive: true);
}
