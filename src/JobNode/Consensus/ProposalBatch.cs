using System.Buffers;
using System.Runtime.InteropServices;
using JobNode.Commands;

namespace JobNode.Consensus;

/// <summary>Gathers waiting commands into one raft entry, up to <see cref="Limits.EntryBytesMax"/>.</summary>
internal sealed class ProposalBatch
{
    /// <summary>Bytes of an entry of one command beyond the command itself.</summary>
    public const int OverheadBytes = EntryCodec.HeaderBytes + EntryCodec.PrefixBytes;

    private readonly List<ProposalRequest> _requests = [];
    private readonly List<ReadOnlyMemory<byte>> _commands = [];
    private readonly ArrayBufferWriter<byte> _entry = new(4096);
    private int _bytes = EntryCodec.HeaderBytes;

    /// <summary>True when nothing was added.</summary>
    public bool IsEmpty => _requests.Count == 0;

    /// <summary>Adds a command; false when it does not fit any more.</summary>
    public bool TryAdd(ProposalRequest request)
    {
        int bytes = request.Encoded.Length + EntryCodec.PrefixBytes;
        if (_requests.Count > 0
            && (_bytes + bytes > Limits.EntryBytesMax || _requests.Count == EntryCodec.CommandsMax))
        {
            return false;
        }

        _requests.Add(request);
        _commands.Add(request.Encoded);
        _bytes += bytes;
        return true;
    }

    /// <summary>The entry's bytes, valid until the next change.</summary>
    public ReadOnlySpan<byte> Encode(ProposalId id, ulong timeMs)
    {
        Invariant.That(!IsEmpty, "an entry has commands");
        _entry.ResetWrittenCount();
        EntryCodec.Encode(id, timeMs, CollectionsMarshal.AsSpan(_commands), _entry);
        return _entry.WrittenSpan;
    }

    /// <summary>The callers of the commands, and an empty batch again.</summary>
    public ProposalRequest[] TakeRequests()
    {
        ProposalRequest[] requests = [.. _requests];
        _requests.Clear();
        _commands.Clear();
        _bytes = EntryCodec.HeaderBytes;
        return requests;
    }
}
