using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>Asks addresses who is there.</summary>
internal sealed class HelloClient(PeerConnections connections)
{
    private const int AnswerTimeoutMs = 1000;

    /// <summary>Asks once; every failure is part of the answer.</summary>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    public async Task<HelloReply> AskAsync(string address, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(AnswerTimeoutMs);
        try
        {
            await using DuplexStream stream =
                await connections.OpenAsync(address, PeerProtocol.HelloPath, patience.Token);
            byte[] bytes = new byte[Hello.BytesMax];
            int length = await stream.Input.ReadAtLeastAsync(
                bytes, bytes.Length, throwOnEndOfStream: false, patience.Token);
            return new HelloReply(Hello.Decode(bytes.AsSpan(0, length)), "", NeedsPeople: false);
        }
        catch (PeerRefusedException refusal)
        {
            return new HelloReply(null, refusal.Message, NeedsPeople: true);
        }
        catch (InvalidDataException error)
        {
            return new HelloReply(null, $"{address}: {error.Message}", NeedsPeople: true);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            string reason = error is IOException ? error.Message : $"{address} did not answer";
            return new HelloReply(null, reason, NeedsPeople: false);
        }
    }
}

/// <summary>What came of asking an address.</summary>
/// <param name="Answer">Who is there, or null.</param>
/// <param name="Failure">Why there is no answer, for people.</param>
/// <param name="NeedsPeople">Somebody is there who will never answer as it should.</param>
internal sealed record HelloReply(Hello? Answer, string Failure, bool NeedsPeople);
