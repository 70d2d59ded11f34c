using System.Buffers;
using System.Threading.Channels;
using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Scheduling;

/// <summary>
/// Work messages over a <see cref="DuplexStream"/>. Sending only puts a message into a bounded queue; one task writes
/// them, as many as wait in one flush. One reader at a time.
/// </summary>
internal sealed class WorkStream : IAsyncDisposable
{
    private readonly DuplexStream _stream;
    private readonly FrameStream _frames;
    private readonly Channel<WorkMessage> _outgoing =
        Channel.CreateBounded<WorkMessage>(new BoundedChannelOptions(SchedulingLimits.OutgoingMessagesMax)
        {
            SingleReader = true,
        });

    private readonly CancellationTokenSource _closing = new();
    private readonly Task _writing;
    private int _disposed;

    /// <summary>Takes over <paramref name="stream"/> and starts the writing task.</summary>
    public WorkStream(DuplexStream stream)
    {
        _stream = stream;
        _frames = new FrameStream(stream.Input, stream.Output);
        _writing = Task.Run(WriteAllAsync);
    }

    /// <summary>Completes when nothing will be written any more: closed, or the stream broke.</summary>
    public Task Written => _writing;

    /// <summary>
    /// Queues a message. False when the other side has fallen too far behind or the stream is closing.
    /// </summary>
    public bool TrySend(WorkMessage message) => _outgoing.Writer.TryWrite(message);

    /// <summary>The next message; null when the other side closed the stream.</summary>
    /// <exception cref="InvalidDataException">The bytes are no message; close the stream.</exception>
    /// <exception cref="IOException">The stream broke.</exception>
    public async ValueTask<WorkMessage?> ReadAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
        byte[]? frame = await _frames.ReadAsync(either.Token);
        return frame is null ? null : WorkMessageCodec.Decode(frame);
    }

    /// <summary>Writes what is queued, then nothing more.</summary>
    /// <returns>False when it did not get out within <paramref name="timeout"/>.</returns>
    public async Task<bool> FinishAsync(TimeSpan timeout)
    {
        _outgoing.Writer.TryComplete();
        Task first = await Task.WhenAny(_writing, Task.Delay(timeout));
        return first == _writing && _writing.IsCompletedSuccessfully;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _outgoing.Writer.TryComplete();
        await _closing.CancelAsync();
        await _writing.ContinueWith(static _ => { }, TaskScheduler.Default);
        try
        {
            await _stream.DisposeAsync();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The other side is gone already: there is nothing left to close.
        }
    }

    private async Task WriteAllAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        ChannelReader<WorkMessage> messages = _outgoing.Reader;
        try
        {
            while (await messages.WaitToReadAsync(_closing.Token))
            {
                while (messages.TryRead(out WorkMessage? message))
                {
                    buffer.ResetWrittenCount();
                    WorkMessageCodec.Encode(message, buffer);
                    Invariant.That(buffer.WrittenCount <= Limits.FrameBytesMax, "a work message fits a frame");
                    await _frames.WriteAsync(buffer.WrittenMemory, _closing.Token);
                }

                await _frames.FlushAsync(_closing.Token);
            }
        }
        finally
        {
            _outgoing.Writer.TryComplete();
        }
    }
}
