using System.Runtime.InteropServices;
using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <summary>
/// Keeps a leader's followers calm while its raft thread waits for a slow disk: the last heartbeat to each of them is
/// sent again until the write ends, or until it took so long that another leader is the better one.
/// </summary>
/// <remarks>
/// Raft allows duplicates. The heartbeat says what was true when it was made (term, commit index), and while its thread
/// waits the node cannot have stepped down, so nothing in it has become wrong. An answer to one that carries a read
/// context confirms the leadership at a later moment than the question, which is what a linearisable read asks for; an
/// answer to a question that was answered already is ignored by the core.
/// </remarks>
internal sealed class HeartbeatRepeater(
    IRaftTransport transport, IRaftClock clock, RaftLoopOptions options, RaftTimings timings)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, byte[]> _last = [];
    private readonly long _intervalMs = (long)options.TickMs * options.HeartbeatTicks;
    private bool _isWriting;
    private long _startedMs;
    private long _repeatedMs;

    /// <summary>Raft thread: a heartbeat left; the bytes are copied.</summary>
    public void NoteSent(NodeId to, ReadOnlySpan<byte> heartbeat)
    {
        lock (_gate)
        {
            ref byte[]? last = ref CollectionsMarshal.GetValueRefOrAddDefault(_last, to, out _);
            if (last is null || last.Length != heartbeat.Length)
            {
                last = new byte[heartbeat.Length];
            }

            heartbeat.CopyTo(last);
        }
    }

    /// <summary>Raft thread: this node does not lead any more.</summary>
    public void ForgetAll()
    {
        lock (_gate)
        {
            _last.Clear();
        }
    }

    /// <summary>Raft thread: a node was removed.</summary>
    public void Forget(NodeId node)
    {
        lock (_gate)
        {
            _last.Remove(node);
        }
    }

    /// <summary>Raft thread: a write begins. Only to be called while this node leads in the term of the
    /// heartbeats.</summary>
    public void BeginWrite()
    {
        lock (_gate)
        {
            Invariant.That(!_isWriting, "one write at a time");
            _isWriting = true;
            _startedMs = clock.MonotonicMs;
            _repeatedMs = _startedMs;
        }
    }

    /// <summary>Raft thread: it ended, well or not. Nothing is sent after this returns.</summary>
    public void EndWrite()
    {
        lock (_gate)
        {
            _isWriting = false;
        }
    }

    /// <summary>Timer thread, about every tick: sends again what is due.</summary>
    public void Repeat()
    {
        lock (_gate)
        {
            long nowMs = clock.MonotonicMs;
            if (!_isWriting || nowMs - _repeatedMs < _intervalMs || nowMs - _startedMs > options.SlowWriteMsMax)
            {
                return;
            }

            _repeatedMs = nowMs;
            foreach ((NodeId to, byte[] heartbeat) in _last)
            {
                // A copy: what is sent belongs to the transport.
                transport.Send(to, [.. heartbeat]);
            }

            timings.NoteRepeated(_last.Count);
        }
    }
}
