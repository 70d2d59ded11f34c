using System.IO.Enumeration;

namespace JobNode.Cli;

/// <summary>The files that a command line names: those of a directory are all below it, sorted by their path.</summary>
internal static class FileList
{
    /// <summary>What names standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Every file, in the order named.</summary>
    /// <exception cref="CliFailure">One is not there or cannot be listed; exit code 2.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> names)
    {
        var files = new List<string>();
        foreach (string name in names)
        {
            if (name == StandardInput || File.Exists(name))
            {
                files.Add(name);
                continue;
            }

            if (!Directory.Exists(name))
            {
                throw new CliFailure(ExitCode.Usage, $"{name} does not exist; nothing was sent.");
            }

            files.AddRange(Below(name));
        }

        return files.Count > 0
            ? files
            : throw new CliFailure(ExitCode.Usage, $"no file in {string.Join(", ", names)}; nothing was sent.");
    }

    /// <summary>Links to files are followed, links to directories are not: they may lead in circles.</summary>
    private static string[] Below(string directory)
    {
        try
        {
            var options = new EnumerationOptions
            {
                RecurseSubdirectories = true,
                AttributesToSkip = FileAttributes.None,
                IgnoreInaccessible = false,
            };
            var files = new FileSystemEnumerable<string>(
                directory, static (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
            {
                ShouldIncludePredicate = static (ref FileSystemEntry entry) => !entry.IsDirectory,
                ShouldRecursePredicate = static (ref FileSystemEntry entry) =>
                    !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
            };
            return [.. files.Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Usage, $"cannot list {directory}: {error.Message} Nothing was sent.");
        }
    }
}
