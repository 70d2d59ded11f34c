using JobNode.KernelGenerator;

// dotnet run --project tools/KernelGenerator -- src/JobNode/Hashing
if (args.Length != 1 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: KernelGenerator DIRECTORY   (writes the generated kernels there)");
    return 2;
}

foreach (GeneratedFile file in KernelFiles.All())
{
    File.WriteAllText(Path.Combine(args[0], file.Name), file.Text);
    Console.WriteLine($"{file.Name}: {file.Text.Length} characters");
}

return 0;
