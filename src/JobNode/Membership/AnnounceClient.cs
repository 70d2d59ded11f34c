using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>One announcement and its answer over <see cref="PeerProtocol.AnnouncePath"/>.</summary>
internal sealed class AnnounceClient(PeerConnections connections)
{
    private const int AnswerTimeoutMs = 4000;

    /// <summary>Asks whoever is at the address.</summary>
    /// <exception cref="IOException">Not reachable, or refused.</exception>
    /// <exception cref="InvalidDataException">The answer is not understood.</exception>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    public async Task<AnnounceAnswer> AskAsync(
        string address, Announcement announcement, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(AnswerTimeoutMs);
        try
        {
            await using DuplexStream stream =
                await connections.OpenAsync(address, PeerProtocol.AnnouncePath, patience.Token);
            var frames = new FrameStream(stream.Input, stream.Output);
            await frames.WriteAsync(announcement.Encode(), patience.Token);
            await frames.FlushAsync(patience.Token);
            byte[] answer = await frames.ReadAsync(patience.Token)
                ?? throw new IOException($"{address} closed the stream without an answer");
            return AnnounceAnswer.Decode(answer);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"{address} did not answer within {AnswerTimeoutMs} ms", error);
        }
    }
}
