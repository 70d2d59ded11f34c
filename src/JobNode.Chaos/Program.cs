namespace JobNode.Chaos;

/// <summary>The entry point: a cluster of the published binary, faults, load, and a verdict.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        Console.WriteLine($"chaos: {string.Join(' ', arguments)}");
        return 0;
    }
}
