namespace JobNode.Tests.Support;

/// <summary>The native binary under test: JOBNODE_BINARY, or artifacts/jobnode of the checkout.</summary>
internal static class PublishedBinary
{
    private const string Variable = "JOBNODE_BINARY";
    private const string Default = "artifacts/jobnode";

    /// <summary>The program as it was before the newest feature level, beside the one under test.</summary>
    /// <exception cref="FileNotFoundException">There is none; says how to make it.</exception>
    public static string Previous => Existing(
        Repository.PathOf("artifacts/jobnode-previous"), "Run `make artifacts/jobnode-previous` first.");

    /// <summary>From now on another one is run.</summary>
    public static void Use(string path) => Environment.SetEnvironmentVariable(Variable, path);

    /// <summary>Its absolute path.</summary>
    /// <exception cref="FileNotFoundException">There is none; says how to make it.</exception>
    public static string Path => Existing(
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
            ? System.IO.Path.GetFullPath(named)
            : Repository.PathOf(Default),
        $"Run `make publish` first, or name another binary in {Variable}.");

    private static string Existing(string path, string remedy) => File.Exists(path)
        ? path
        : throw new FileNotFoundException($"This test runs {path}, which does not exist. {remedy}");
}
