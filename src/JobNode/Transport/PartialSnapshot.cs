using JobNode.Commands;
using JobNode.Consensus;

namespace JobNode.Transport;

/// <summary>
/// What came of a snapshot whose transfer broke, for the next one of the same file. One at a time; it does not outlive
/// the process, and not for long what nobody comes back for.
/// </summary>
internal sealed class PartialSnapshot(SnapshotStore store) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private SnapshotOpening _opening;
    private IncomingSnapshot? _incoming;
    private bool _isReceiving;
    private Timer? _forget;

    /// <summary>The file to write on: what is there of the same one, or a new one in place of another.</summary>
    /// <exception cref="IOException">There is no room for it.</exception>
    public IncomingSnapshot Begin(SnapshotOpening opening)
    {
        lock (_gate)
        {
            Invariant.That(!_isReceiving, "one snapshot is received at a time");
            if (_incoming is null || _opening != opening)
            {
                Clear();
                _incoming = store.BeginReceive();
                _opening = opening;
            }

            _forget?.Dispose();
            _forget = null;
            _isReceiving = true;
            return _incoming;
        }
    }

    /// <summary>The transfer broke; keeps what came when that may be good for something.</summary>
    public void End(bool keep)
    {
        lock (_gate)
        {
            _isReceiving = false;
            if (keep)
            {
                _forget = new Timer(_ => Forget(), null, Patience, Timeout.InfiniteTimeSpan);
            }
            else
            {
                Clear();
            }
        }
    }

    /// <summary>Closes the file, and deletes it unless it is complete.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            _isReceiving = false;
            Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Drop();

    private void Forget()
    {
        lock (_gate)
        {
            if (!_isReceiving)
            {
                Clear();
            }
        }
    }

    private void Clear()
    {
        _incoming?.Dispose();
        _incoming = null;
        _forget?.Dispose();
        _forget = null;
    }
}
