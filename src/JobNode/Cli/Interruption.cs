using System.Runtime.InteropServices;

namespace JobNode.Cli;

/// <summary>
/// While it lives, the first Ctrl-C or SIGTERM asks a verb to end in order; a second one ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _asked;
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    /// <summary>Listens from now on.</summary>
    public Interruption(CancellationToken cancellation)
    {
        _asked = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask);
    }

    /// <summary>Cancelled once it is asked for.</summary>
    public CancellationToken Asked => _asked.Token;

    /// <summary>Waits, or until it is asked for: then it gives false.</summary>
    public async Task<bool> WaitAsync(TimeSpan time, TimeProvider clock)
    {
        try
        {
            await Task.Delay(time, clock, Asked);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _asked.Dispose();
    }

    private void Ask(PosixSignalContext signal)
    {
        signal.Cancel = !_asked.IsCancellationRequested;
        _asked.Cancel();
    }
}
