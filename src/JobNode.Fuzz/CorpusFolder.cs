using System.Security.Cryptography;

namespace JobNode.Fuzz;

/// <summary>Inputs in files, a folder for each target: <c>Corpus/TARGET/NAME.bin</c>.</summary>
internal sealed class CorpusFolder(string path)
{
    /// <summary>Inputs of a target, in the order of their names; none without a folder.</summary>
    public IReadOnlyList<byte[]> Read(string target)
    {
        string folder = Path.Combine(path, target);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.bin").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)]
            : [];
    }

    /// <summary>Adds an input; gives its path.</summary>
    public string Write(string target, string prefix, byte[] input)
    {
        string folder = Path.Combine(path, target);
        Directory.CreateDirectory(folder);
        string name = Convert.ToHexStringLower(SHA256.HashData(input))[..16];
        string file = Path.Combine(folder, $"{prefix}{name}.bin");
        File.WriteAllBytes(file, input);
        return file;
    }
}
