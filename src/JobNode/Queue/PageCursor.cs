using System.Globalization;

namespace JobNode.Queue;

/// <summary>
/// A place in the list of all jobs: which queue, and the sequence number to go on from. Clients see it as opaque text.
/// </summary>
internal readonly record struct PageCursor(int Queue, ulong Sequence)
{
    /// <summary>Reads what <see cref="ToString"/> wrote; false for anything else.</summary>
    public static bool TryParse(string text, out PageCursor cursor)
    {
        cursor = default;
        int dash = text.IndexOf('-');
        if (dash < 0
            || !int.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out int queue)
            || !ulong.TryParse(
                text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ulong sequence)
            || queue >= QueueState.QueueCount)
        {
            return false;
        }

        cursor = new PageCursor(queue, sequence);
        return true;
    }

    /// <summary>The text.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Queue}-{Sequence}");
}
