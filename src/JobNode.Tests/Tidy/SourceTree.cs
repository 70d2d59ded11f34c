using JobNode.Tests.Support;

namespace JobNode.Tests.Tidy;

/// <summary>All text files of the checkout that people write, read from disk once.</summary>
internal static class SourceTree
{
    private static readonly string[] TextEndings =
    [
        ".cs", ".go", ".s", ".h", ".sh", ".md", ".csproj", ".props", ".targets", ".json", ".editorconfig", ".yml",
        ".txt", ".html", ".css", ".js",
    ];

    private static readonly string[] TextNames = ["Makefile", "run", "LICENSE", ".gitignore"];

    private static readonly string[] SkippedFolders =
        ["bin", "obj", "artifacts", ".git", ".vs", "TestResults", "BenchmarkDotNet.Artifacts", "node_modules"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> AllFiles = new(() => Read(Repository.Root));

    /// <summary>Every text file.</summary>
    public static IReadOnlyList<SourceFile> All => AllFiles.Value;

    /// <summary>Every C# file.</summary>
    public static IReadOnlyList<SourceFile> CSharp => [.. All.Where(file => file.IsCSharp)];

    /// <summary>Every C# file of the product.</summary>
    public static IReadOnlyList<SourceFile> Product => [.. All.Where(file => file.IsProduct)];

    /// <summary>One file by its path relative to the root.</summary>
    public static SourceFile File(string path) =>
        All.SingleOrDefault(file => file.Path == path)
        ?? throw new FileNotFoundException($"{path} is not in the checkout");

    private static List<SourceFile> Read(string root)
    {
        List<SourceFile> files = [];
        Collect(new DirectoryInfo(root), root, files);
        return files;
    }

    private static void Collect(DirectoryInfo folder, string root, List<SourceFile> into)
    {
        foreach (FileInfo file in folder.EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            if (TextNames.Contains(file.Name) || TextEndings.Contains(file.Extension))
            {
                string path = Path.GetRelativePath(root, file.FullName).Replace('\\', '/');
                into.Add(new SourceFile(path, System.IO.File.ReadAllText(file.FullName)));
            }
        }

        foreach (DirectoryInfo child in folder.EnumerateDirectories()
            .Where(child => !SkippedFolders.Contains(child.Name))
            .OrderBy(child => child.Name, StringComparer.Ordinal))
        {
            Collect(child, root, into);
        }
    }
}
