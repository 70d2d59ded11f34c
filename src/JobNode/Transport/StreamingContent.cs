using System.Net;

namespace JobNode.Transport;

/// <summary>
/// A request body that is written by hand while the request runs, so that both directions flow at once.
/// </summary>
internal sealed class StreamingContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Not disposed: it has no timer and no parent, so there is nothing to release, and Abort may come at any time.
    private readonly CancellationTokenSource _abort = new();

    /// <summary>Set by <see cref="Abort"/>; the request runs under it.</summary>
    public CancellationToken Aborted => _abort.Token;

    /// <summary>The stream to write to, once the request is on its way. Disposing it ends the body.</summary>
    public Task<Stream> GetStreamAsync() => _opened.Task;

    /// <summary>Resets the HTTP/2 stream.</summary>
    public void Abort()
    {
        _abort.Cancel();
        _finished.TrySetCanceled();
        _opened.TrySetCanceled();
    }

    /// <summary>Ends the body.</summary>
    public void Finish() => _finished.TrySetResult();

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            // Without data the headers would wait in the connection's buffer.
            await stream.FlushAsync(cancellationToken);
            _opened.TrySetResult(new RequestBodyStream(stream, this));
            await _finished.Task.WaitAsync(cancellationToken);
        }
        catch (Exception error)
            when (error is OperationCanceledException or IOException && !Aborted.IsCancellationRequested)
        {
            // The other side answered and closed without wanting the rest of the question (RFC 9113 section 8.1). Its
            // answer counts; what is written from here on fails as it should.
            _opened.TrySetResult(new RequestBodyStream(stream, this));
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
