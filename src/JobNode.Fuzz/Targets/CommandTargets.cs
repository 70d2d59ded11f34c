using JobNode.Commands;

namespace JobNode.Fuzz.Targets;

/// <summary>What stands in the log and travels to the leader.</summary>
internal static class CommandTargets
{
    /// <summary>All of them.</summary>
    public static IEnumerable<FuzzTarget> All() =>
    [
        new("command", random => Samples.Commands(random).Select(Encode),
            input => Codec.Exact(input, bytes => CommandCodec.Decode(bytes), Encode)),
        new("result",
            random => Samples.Results(random).Select(Encode),
            input => Codec.Exact(input, bytes => CommandCodec.DecodeResult(bytes), Encode)),
        new("entry",
            random => [Encode(new DecodedEntry(new ProposalId(new NodeId(3), 4), 5, [.. Samples.Commands(random)]))],
            input => Codec.Exact(input, bytes => EntryCodec.Decode(bytes), Encode)),
        new("member-change",
            _ => Changes().Select(MemberChangeCodec.Encode),
            input => Codec.Exact(input, bytes => MemberChangeCodec.Decode(bytes), MemberChangeCodec.Encode)),
    ];

    private static byte[] Encode(Command command) => Codec.Bytes(bytes => CommandCodec.Encode(command, bytes));

    private static byte[] Encode(CommandResult result) =>
        Codec.Bytes(bytes => CommandCodec.EncodeResult(result, bytes));

    private static byte[] Encode(DecodedEntry entry) => Codec.Bytes(bytes => EntryCodec.Encode(
        entry.Id, entry.TimeMs, [.. entry.Commands.Select(command => (ReadOnlyMemory<byte>)Encode(command))], bytes));

    private static IEnumerable<MemberChange> Changes()
    {
        foreach (Member member in Samples.Configuration().Members)
        {
            yield return new MemberChange.Put(member);
        }

        yield return new MemberChange.Remove(new NodeId(3));
        yield return new MemberChange.RaiseFeatureLevel(FeatureLevels.Latest);
    }
}
