using System.Buffers;
using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <summary>
/// Puts commands into this node's log while it leads; answers <see cref="ResultCode.NotLeader"/> otherwise.
/// </summary>
internal sealed class CommandProposer(RaftLoop loop, NodeConditions? conditions = null) : ICommandProposer
{
    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The caller gave up; what was logged still takes effect.</exception>
    public Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled<Proposed>(cancellation);
        }

        ResultCode refusal = loop.TryReserve();
        if (refusal != ResultCode.Ok)
        {
            return Task.FromResult(ProposalResults.Of(refusal));
        }

        if (command is Enqueue && conditions?.Has(NodeCondition.DiskLow) == true)
        {
            loop.Slots.Release();
            return Task.FromResult(ProposalResults.Of(ResultCode.DiskLow));
        }

        // Encoded here, on the caller's thread: the raft thread only copies bytes.
        var buffer = new ArrayBufferWriter<byte>(CommandCodec.SizeBytes(command));
        CommandCodec.Encode(command, buffer);
        var request = new ProposalRequest(buffer.WrittenMemory, loop.Slots);
        Invariant.That(
            request.Encoded.Length <= Limits.EntryBytesMax - ProposalBatch.OverheadBytes,
            "the limits of a command keep it below the size of an entry");
        if (cancellation.CanBeCanceled)
        {
            request.WatchFor(cancellation);
        }

        loop.Submit(request);
        return request.Task;
    }
}
