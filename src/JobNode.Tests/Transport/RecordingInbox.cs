using System.Threading.Channels;
using JobNode.Commands;
using JobNode.Consensus;

namespace JobNode.Tests.Transport;

/// <summary>Keeps what the transport tells the consensus thread.</summary>
internal sealed class RecordingInbox : IRaftInbox
{
    public Channel<byte[]> Messages { get; } = Channel.CreateUnbounded<byte[]>();

    public Channel<(byte[] Message, string File)> Snapshots { get; } = Channel.CreateUnbounded<(byte[], string)>();

    public Channel<NodeId> Unreachable { get; } = Channel.CreateUnbounded<NodeId>();

    public Channel<(NodeId Node, bool Delivered)> Transfers { get; } = Channel.CreateUnbounded<(NodeId, bool)>();

    public bool TakesSnapshots { get; set; } = true;

    public bool Receive(byte[] message) => Messages.Writer.TryWrite(message);

    public bool ReceiveSnapshot(byte[] message, string fileName) =>
        TakesSnapshots && Snapshots.Writer.TryWrite((message, fileName));

    public void ReportUnreachable(NodeId node) => Unreachable.Writer.TryWrite(node);

    public void ReportSnapshot(NodeId node, bool delivered) => Transfers.Writer.TryWrite((node, delivered));
}
