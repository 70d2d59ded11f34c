using System.Collections.Concurrent;

namespace JobNode.Chaos.Clients;

/// <summary>
/// Acknowledged jobs whose end no client has seen yet. The checker does not rely on it: only the drain does.
/// </summary>
internal sealed class OpenJobs
{
    private readonly ConcurrentDictionary<string, byte> _open = new();

    /// <summary>Ends that were seen before the acknowledgement.</summary>
    private readonly ConcurrentDictionary<string, byte> _early = new();

    private long _acknowledged;

    /// <summary>Jobs acknowledged so far.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Jobs whose end nobody saw.</summary>
    public IReadOnlyList<string> Ids => [.. _open.Keys];

    /// <summary>A job was acknowledged.</summary>
    public void Begin(string id)
    {
        Interlocked.Increment(ref _acknowledged);
        if (!_early.TryRemove(id, out _))
        {
            _open.TryAdd(id, 0);
        }
    }

    /// <summary>A job was pulled or cancelled.</summary>
    public void End(string id)
    {
        if (!_open.TryRemove(id, out _))
        {
            _early.TryAdd(id, 0);
        }
    }
}
