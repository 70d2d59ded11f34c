using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>
/// A reader's place among the unfinished jobs: for each priority the sequence number to read next. It stays right
/// whatever is removed, also the job it stood at; jobs that arrive later come after it.
/// </summary>
internal sealed class PendingCursor
{
    private readonly ulong[] _next = new ulong[Limits.PriorityMax + 1];

    /// <summary>The sequence number to read next in a priority.</summary>
    internal ref ulong Next(byte priority) => ref _next[priority];
}
