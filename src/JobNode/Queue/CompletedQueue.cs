using JobNode.Commands;

namespace JobNode.Queue;

/// <summary>Results that nobody pulled yet, in the order in which their completions were applied.</summary>
internal sealed class CompletedQueue
{
    /// <summary>The order itself.</summary>
    public SequenceQueue Order { get; } = new();

    /// <summary>Results waiting.</summary>
    public int Count => Order.Count;

    /// <summary>The job at one end, without taking it; false when there is none.</summary>
    public bool TryPeek(PullOrder order, out int slot)
    {
        bool found = order == PullOrder.Oldest
            ? Order.TryNext(0, out _, out slot)
            : Order.TryPrevious(Order.Next, out _, out slot);
        Invariant.That(found == (Count > 0), "a queue with results has an end");
        return found;
    }
}
