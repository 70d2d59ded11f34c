namespace JobNode.Observability;

/// <summary>The last few of what was added. Not thread-safe.</summary>
/// <param name="max">How many are kept.</param>
internal sealed class RecentItems<T>(int max)
{
    private readonly Queue<T> _items = new();

    /// <summary>Keeps one more; the oldest goes when there are too many.</summary>
    public void Add(T item)
    {
        if (_items.Count == max)
        {
            _items.Dequeue();
        }

        _items.Enqueue(item);
    }

    /// <summary>All that are kept, oldest first.</summary>
    public T[] ToArray() => [.. _items];
}
