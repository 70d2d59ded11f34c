using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// A reader's place among the unfinished jobs: for each priority the sequence number to read next. It stays right
/// whatever is removed, also the job it stood at; jobs that arrive later come after it.
/// </summary>
/// <param name="iterationsMin">It passes over jobs of fewer iterations in total.</param>
/// <param name="iterationsMax">It passes over jobs of more.</param>
internal sealed class PendingCursor(ulong iterationsMin = 0, ulong iterationsMax = ulong.MaxValue)
{
    private readonly ulong[] _next = new ulong[Limits.PriorityMax + 1];
    private readonly bool[] _isAtEnd = new bool[Limits.PriorityMax + 1];

    /// <summary>The sequence number to read next in a priority.</summary>
    internal ref ulong Next(byte priority) => ref _next[priority];

    /// <summary>True when there was nothing more to read in a priority, and nothing arrived since.</summary>
    public bool IsAtEnd(int priority) => _isAtEnd[priority];

    /// <summary>Jobs arrived, of whatever priority.</summary>
    public void NoteArrivals() => Array.Clear(_isAtEnd);

    internal void NoteEnd(int priority) => _isAtEnd[priority] = true;

    internal bool IsFor(ulong iterationsTotal) => iterationsTotal >= iterationsMin && iterationsTotal <= iterationsMax;
}
