namespace JobNode.Load;

/// <summary>One client of a server under load: one connection, one call at a time.</summary>
internal interface ILoadClient : IDisposable
{
    /// <summary>Connects, or connects anew after a call failed; to the next server where there are several.</summary>
    /// <exception cref="IOException">Nobody answers there.</exception>
    Task OpenAsync(CancellationToken cancellation);

    /// <summary>Makes one call and waits for its answer.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    ValueTask<LoadOutcome> CallAsync();

    /// <summary>Cuts the connection from another thread: a call that waits fails.</summary>
    void Cut();
}

/// <summary>What one call brought.</summary>
/// <param name="Jobs">Jobs that were accepted or taken.</param>
/// <param name="Error">The kind of refusal, or null.</param>
internal readonly record struct LoadOutcome(int Jobs, string? Error = null);
