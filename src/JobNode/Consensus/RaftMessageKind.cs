using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>Kinds of raft messages; the numbers are those of etcd's raftpb.MessageType.</summary>
internal enum RaftMessageKind
{
    /// <summary>Not a raft message of ours.</summary>
    None = 0,

    /// <summary>A proposal; never between nodes here, because the forwarder works one layer up.</summary>
    Propose = 2,

    /// <summary>Entries, or an empty probe, from the leader.</summary>
    Append = 3,

    /// <summary>The answer to <see cref="Append"/>.</summary>
    AppendResponse = 4,

    /// <summary>A candidate asks for a vote.</summary>
    Vote = 5,

    /// <summary>A vote.</summary>
    VoteResponse = 6,

    /// <summary>A snapshot; its body travels as a file beside it.</summary>
    Snapshot = 7,

    /// <summary>The leader is alive.</summary>
    Heartbeat = 8,

    /// <summary>So is the follower.</summary>
    HeartbeatResponse = 9,

    /// <summary>A request to hand leadership over, passed on to the leader.</summary>
    TransferLeader = 13,

    /// <summary>The leader tells its successor to start an election now.</summary>
    TimeoutNow = 14,

    /// <summary>A follower asks for a read index.</summary>
    ReadIndex = 15,

    /// <summary>The answer to <see cref="ReadIndex"/>.</summary>
    ReadIndexResponse = 16,

    /// <summary>Could I win an election?</summary>
    PreVote = 17,

    /// <summary>The answer to <see cref="PreVote"/>.</summary>
    PreVoteResponse = 18,
}

/// <summary>Looks at a serialised message without decoding it.</summary>
internal static class RaftMessage
{
    private const byte TypeFieldTag = 0x08;
    private const byte ReceiverFieldTag = 0x10;
    private const byte SenderFieldTag = 0x18;

    /// <summary>
    /// The kind of a message, or None when it does not start as etcd's core writes it: field 1 (the type) comes first
    /// and is below 128, so it is one byte.
    /// </summary>
    public static RaftMessageKind KindOf(ReadOnlySpan<byte> message) =>
        message.Length >= 2 && message[0] == TypeFieldTag && message[1] < 0x80
            ? (RaftMessageKind)message[1]
            : RaftMessageKind.None;

    /// <summary>
    /// The sender, which etcd's core always writes third, after type and receiver; None when it is not there.
    /// </summary>
    public static NodeId SenderOf(ReadOnlySpan<byte> message)
    {
        const int typeFieldBytes = 2;
        if (KindOf(message) == RaftMessageKind.None)
        {
            return NodeId.None;
        }

        ReadOnlySpan<byte> rest = message[typeFieldBytes..];
        return TryReadField(ref rest, ReceiverFieldTag, out _)
            && TryReadField(ref rest, SenderFieldTag, out ulong sender)
            ? new NodeId(sender)
            : NodeId.None;
    }

    /// <summary>
    /// Whether a message may come in from another node without a snapshot file. Proposals and the core's local kinds
    /// (ticks, reports) may not: they would put bytes into the log that no proposer of ours encoded.
    /// </summary>
    public static bool MayArrive(ReadOnlySpan<byte> message) => KindOf(message) switch
    {
        RaftMessageKind.Append or RaftMessageKind.AppendResponse => true,
        RaftMessageKind.Vote or RaftMessageKind.VoteResponse => true,
        RaftMessageKind.PreVote or RaftMessageKind.PreVoteResponse => true,
        RaftMessageKind.Heartbeat or RaftMessageKind.HeartbeatResponse => true,
        RaftMessageKind.ReadIndex or RaftMessageKind.ReadIndexResponse => true,
        RaftMessageKind.TransferLeader or RaftMessageKind.TimeoutNow => true,
        _ => false,
    };

    private static bool TryReadField(ref ReadOnlySpan<byte> rest, byte tag, out ulong value)
    {
        const int varintBytesMax = 10;
        value = 0;
        if (rest.IsEmpty || rest[0] != tag)
        {
            return false;
        }

        for (int i = 1; i <= varintBytesMax && i < rest.Length; i++)
        {
            value |= (ulong)(rest[i] & 0x7F) << (7 * (i - 1));
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
