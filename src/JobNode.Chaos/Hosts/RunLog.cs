using System.Diagnostics;
using System.Globalization;

namespace JobNode.Chaos.Hosts;

/// <summary>What happens, in one line each, on the screen and in a file, with the seconds since the start.</summary>
internal sealed class RunLog(string path) : IDisposable
{
    private readonly StreamWriter _file = new(path) { AutoFlush = true };
    private readonly Lock _gate = new();
    private readonly long _begin = Stopwatch.GetTimestamp();

    /// <summary>Says something.</summary>
    public void Say(string sentence)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture, $"chaos: {Stopwatch.GetElapsedTime(_begin).TotalSeconds,7:F1} s  {sentence}");
        lock (_gate)
        {
            Console.WriteLine(line);
            _file.WriteLine(line);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
