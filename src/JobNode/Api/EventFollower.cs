using System.Threading.Channels;

namespace JobNode.Api;

/// <summary>
/// One reader of <c>GET /events</c> and what it was not sent yet: a bounded number of messages, which all readers
/// share.
/// </summary>
/// <param name="forget">Called when it is disposed.</param>
internal sealed class EventFollower(Action<EventFollower> forget) : IDisposable
{
    /// <summary>Messages that wait for a slow reader: about twenty seconds.</summary>
    public const int MessagesMax = 32;

    private readonly Channel<byte[]> _messages = Channel.CreateBounded<byte[]>(MessagesMax);
    private volatile bool _wasTooSlow;

    /// <summary>What it is to be sent; ends when the node stops, or when it was too slow.</summary>
    public ChannelReader<byte[]> Messages => _messages.Reader;

    /// <summary>It was let go: it lacks messages, so the connection is to be cut, not ended.</summary>
    public bool WasTooSlow => _wasTooSlow;

    /// <summary>Takes a message; never waits. False when it is let go because too many wait already.</summary>
    public bool Tell(byte[] message)
    {
        if (_messages.Writer.TryWrite(message))
        {
            return true;
        }

        _wasTooSlow = true;
        End();
        return false;
    }

    /// <summary>Nothing more will come; what waits is still sent.</summary>
    public void End() => _messages.Writer.TryComplete();

    /// <inheritdoc/>
    public void Dispose() => forget(this);
}
