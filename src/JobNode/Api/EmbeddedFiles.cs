using System.Collections.Concurrent;

namespace JobNode.Api;

/// <summary>Files that are part of the binary.</summary>
internal static class EmbeddedFiles
{
    private static readonly ConcurrentDictionary<string, byte[]> Loaded = new(StringComparer.Ordinal);

    /// <summary>A file of this folder, by its name.</summary>
    /// <exception cref="InvalidOperationException">The build did not embed it.</exception>
    public static byte[] Read(string name) => Loaded.GetOrAdd(name, static wanted =>
    {
        using Stream stream = typeof(EmbeddedFiles).Assembly.GetManifestResourceStream($"JobNode.Api.{wanted}")
            ?? throw new InvalidOperationException($"{wanted} is not embedded in the binary");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    });
}
