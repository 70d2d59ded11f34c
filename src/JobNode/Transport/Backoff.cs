namespace JobNode.Transport;

/// <summary>
/// Waiting times between attempts: doubling from <paramref name="firstMs"/> to <paramref name="lastMs"/>, each drawn
/// from its upper half so that nodes that failed together do not come back together.
/// </summary>
internal sealed class Backoff(int firstMs, int lastMs)
{
    private int _doublings;

    /// <summary>After a success.</summary>
    public void Reset() => _doublings = 0;

    /// <summary>The next waiting time.</summary>
    public TimeSpan Next()
    {
        int ceilingMs = (int)Math.Min(lastMs, (long)firstMs << _doublings);
        _doublings = Math.Min(_doublings + 1, 30);
        return TimeSpan.FromMilliseconds(Random.Shared.Next((ceilingMs / 2) + 1, ceilingMs + 1));
    }
}
