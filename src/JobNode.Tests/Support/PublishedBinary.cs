namespace JobNode.Tests.Support;

/// <summary>The native binary under test: JOBNODE_BINARY, or artifacts/jobnode of the checkout.</summary>
internal static class PublishedBinary
{
    private const string Variable = "JOBNODE_BINARY";
    private const string Default = "artifacts/jobnode";

    /// <summary>The program as it was before the newest feature level, beside the one under test.</summary>
    /// <exception cref="FileNotFoundException">There is none; says how to make it.</exception>
    public static string Previous
    {
        get
        {
            string path = Repository.PathOf("artifacts/jobnode-previous");
            return File.Exists(path)
                ? path
                : throw new FileNotFoundException(
                    $"{path} does not exist. Run `make artifacts/jobnode-previous` first.");
        }
    }

    /// <summary>From now on another one is run.</summary>
    public static void Use(string path) => Environment.SetEnvironmentVariable(Variable, path);

    /// <summary>Its absolute path.</summary>
    /// <exception cref="FileNotFoundException">There is none; says how to make it.</exception>
    public static string Path
    {
        get
        {
            string path = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
                ? System.IO.Path.GetFullPath(named)
                : Repository.PathOf(Default);
            return File.Exists(path)
                ? path
                : throw new FileNotFoundException(
                    $"These tests run the published binary, and {path} does not exist. Run `make publish` first, or"
                    + $" name another binary in {Variable}.");
        }
    }
}
