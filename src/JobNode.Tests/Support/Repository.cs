namespace JobNode.Tests.Support;

/// <summary>The checkout that this test assembly was built from.</summary>
internal static class Repository
{
    private const string RootMark = "JobNode.sln";

    /// <summary>Absolute path of the folder that holds the solution.</summary>
    /// <exception cref="DirectoryNotFoundException">The assembly does not lie inside a checkout.</exception>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>Absolute path of a file given relative to the root, with forward slashes.</summary>
    public static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string FindRoot(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, RootMark)))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no {RootMark} in {start} or above it");
    }
}
