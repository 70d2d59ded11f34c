using System.Threading.Channels;

namespace JobNode.Scheduling;

/// <summary>Wakes one waiter; set any number of times before it looks, it wakes once. Setting never blocks.</summary>
internal sealed class AsyncSignal
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Wakes the waiter, or lets the next wait end at once.</summary>
    public void Set() => _set.Writer.TryWrite(true);

    /// <summary>Completes when set, and unsets.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellation) => await _set.Reader.ReadAsync(cancellation);
}
