using System.Diagnostics;
using SharpFuzz;

namespace JobNode.Fuzz;

/// <summary>
/// Runs this program again on a copy of itself in which SharpFuzz has written coverage into the product's assembly.
/// </summary>
internal static class Instrumentation
{
    /// <summary>Tells the copy that it is one.</summary>
    public const string Flag = "--instrumented";

    private const string Product = "jobnode.dll";

    /// <summary>The hash kernels: no input steers them, and they are most of the time.</summary>
    private const string LeftOut = "JobNode.Hashing.";

    /// <summary>Copies, instruments, runs; gives the copy's exit code.</summary>
    public static int RunCopy(IEnumerable<string> arguments)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("jobnode-fuzz-");
        try
        {
            foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            {
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            }

            string product = Path.Combine(folder.FullName, Product);
            Fuzzer.Instrument(
                product,
                type => type.StartsWith("JobNode.", StringComparison.Ordinal)
                    && !type.StartsWith(LeftOut, StringComparison.Ordinal),
                Options.Value);
            string program = Path.Combine(folder.FullName, "jobnode-fuzz.dll");
            using Process copy = Process.Start("dotnet", [program, Flag, .. arguments]);
            copy.WaitForExit();
            return copy.ExitCode;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
