using JobNode.KernelGenerator;

namespace JobNode.Tests.Hashing;

public sealed class GeneratedKernelTests
{
    [Fact]
    public void Checked_in_kernels_are_what_the_generator_makes()
    {
        string directory = Path.Combine(RepositoryRoot(), "src", "JobNode", "Hashing");
        IReadOnlyList<GeneratedFile> files = KernelFiles.All();
        Assert.NotEmpty(files);
        foreach (GeneratedFile file in files)
        {
            bool same = File.ReadAllText(Path.Combine(directory, file.Name)) == file.Text;
            Assert.True(
                same, $"{file.Name} differs: dotnet run --project tools/KernelGenerator -- src/JobNode/Hashing");
        }

        Assert.Equal(
            files.Select(file => file.Name).Order(StringComparer.Ordinal),
            Directory.GetFiles(directory, "*.g.cs").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_generator_computes_the_constants_that_the_oracle_lists()
    {
        Assert.Equal(JobNode.Hashing.Sha512Constants.RoundConstants.ToArray(), Sha512Numbers.RoundConstants);
        Assert.Equal(JobNode.Hashing.Sha512Constants.InitialState.ToArray(), Sha512Numbers.InitialState);
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "JobNode.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("no JobNode.sln above the test binaries");
    }
}
