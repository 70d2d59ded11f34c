using JobNode.KernelGenerator;

namespace JobNode.Tests.Hashing;

public sealed class GeneratedKernelTests
{
    [Fact]
    public void Checked_in_kernels_are_what_the_generator_makes()
    {
        string directory = Support.Repository.PathOf("src/JobNode/Hashing");
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
}
