using System.Runtime.CompilerServices;

namespace JobNode.Simulation;

/// <summary>The last events of a schedule, in virtual time.</summary>
internal sealed class EventHistory(bool prints)
{
    private const int EventsMax = 120;

    private readonly Queue<string> _last = new();

    /// <summary>The last events, the oldest first.</summary>
    public IEnumerable<string> Last => _last;

    /// <summary>Adds one.</summary>
    /// <param name="nowMs">Virtual milliseconds.</param>
    /// <param name="text">What happened.</param>
    public void Add(long nowMs, string text)
    {
        string line = $"{nowMs - SimulatedTime.StartMs,7} {text}";
        if (prints)
        {
            Console.WriteLine(line);
        }

        _last.Enqueue(line);
        if (_last.Count > EventsMax)
        {
            _last.Dequeue();
        }
    }
}

/// <summary>An interpolated text that is put together only when somebody reads it.</summary>
[InterpolatedStringHandler]
internal ref struct NoteText
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Called by the compiler.</summary>
    public NoteText(int literalLength, int formattedCount, SimulatedWorld world, out bool isWanted)
    {
        isWanted = IsWanted = world.History is not null;
        _text = isWanted ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    /// <summary>True when it was put together.</summary>
    public bool IsWanted { get; }

    /// <summary>Called by the compiler.</summary>
    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    /// <summary>Called by the compiler.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <inheritdoc/>
    public override string ToString() => _text.ToStringAndClear();
}
