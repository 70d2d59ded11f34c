namespace JobNode.Tests.Support;

/// <summary>
/// A file in the repository that is made from the code. The test that makes it fails when the stored one is stale;
/// <c>make docs</c> runs the same tests with <c>JOBNODE_REWRITE=1</c>, which writes it instead.
/// </summary>
internal static class GeneratedFile
{
    /// <summary>Trait of every test that calls this class; what <c>make docs</c> selects.</summary>
    public const string Trait = "Makes";

    /// <summary>Asserts that the file holds exactly this text, or writes it.</summary>
    /// <param name="path">Relative to the root of the checkout, with forward slashes.</param>
    /// <param name="wanted">The whole text, ending with a line feed.</param>
    public static void MustEqual(string path, string wanted)
    {
        string whole = Repository.PathOf(path);
        if (Environment.GetEnvironmentVariable("JOBNODE_REWRITE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
            File.WriteAllText(whole, wanted);
            return;
        }

        string stored = File.Exists(whole) ? File.ReadAllText(whole) : "";
        Assert.True(
            string.Equals(wanted, stored, StringComparison.Ordinal),
            $"{path} is stale: run 'make docs' and commit what it changes.");
    }
}
