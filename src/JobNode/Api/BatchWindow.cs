namespace JobNode.Api;

/// <summary>
/// Bounds the commands of one batch that are under way, and remembers the first that cannot go on. Disposing of it
/// waits until none is under way.
/// </summary>
internal sealed class BatchWindow(int commandsMax) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(commandsMax);
    private Problem? _broken;

    /// <summary>What makes it useless to send more, or null.</summary>
    public Problem? Broken => Volatile.Read(ref _broken);

    /// <summary>Waits until one more may be under way.</summary>
    public Task EnterAsync(CancellationToken cancellation) => _free.WaitAsync(cancellation);

    /// <summary>One has its answer.</summary>
    public void Leave(Problem? broken)
    {
        if (broken is not null)
        {
            Interlocked.CompareExchange(ref _broken, broken, null);
        }

        _free.Release();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        for (int i = 0; i < commandsMax; i++)
        {
            await _free.WaitAsync();
        }

        _free.Dispose();
    }
}
