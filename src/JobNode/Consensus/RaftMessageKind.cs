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
    private const byte ToFieldTag = 0x10;
    private const byte FromFieldTag = 0x18;
    private const byte TermFieldTag = 0x20;

    /// <summary>
    /// The kind of a message, or None when it does not start as etcd's core writes it: field 1 (the type) comes first
    /// and is below 128, so it is one byte.
    /// </summary>
    public static RaftMessageKind KindOf(ReadOnlySpan<byte> message) =>
        message.Length >= 2 && message[0] == TypeFieldTag && message[1] < 0x80
            ? (RaftMessageKind)message[1]
            : RaftMessageKind.None;

    /// <summary>The sender and the term of a message that only a leader sends.</summary>
    public static bool TryReadLeader(ReadOnlySpan<byte> message, out NodeId leader, out ulong term)
    {
        (leader, term) = (NodeId.None, 0);
        return KindOf(message) is RaftMessageKind.Append or RaftMessageKind.Heartbeat
            && TryReadSender(message, out leader, out int at)
            && TryReadField(message, TermFieldTag, ref at, out term)
            && leader != NodeId.None;
    }

    /// <summary>The sender, or None when this is not a message of etcd's core.</summary>
    public static NodeId SenderOf(ReadOnlySpan<byte> message) =>
        KindOf(message) != RaftMessageKind.None && TryReadSender(message, out NodeId sender, out _)
            ? sender
            : NodeId.None;

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

    /// <summary>
    /// Whether this is a vote for somebody else: it ends with field 10, true (refused), and field 11, 0 (a hint).
    /// </summary>
    public static bool IsRefusedVote(ReadOnlySpan<byte> message) =>
        KindOf(message) == RaftMessageKind.VoteResponse && message is [.., 0x50, 1, 0x58, 0];

    /// <summary>Fields 1 to 4 (type, to, from, term) come first, always, each a tag and a varint.</summary>
    private static bool TryReadSender(ReadOnlySpan<byte> message, out NodeId sender, out int at)
    {
        at = 2;
        ulong from = 0;
        bool isRead = TryReadField(message, ToFieldTag, ref at, out _)
            && TryReadField(message, FromFieldTag, ref at, out from);
        sender = new NodeId(from);
        return isRead;
    }

    private static bool TryReadField(ReadOnlySpan<byte> message, byte tag, ref int at, out ulong value)
    {
        value = 0;
        if (at >= message.Length || message[at++] != tag)
        {
            return false;
        }

        for (int shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            byte next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
