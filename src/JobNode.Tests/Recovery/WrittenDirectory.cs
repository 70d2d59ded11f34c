using System.Buffers;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;
using JobNode.Queue;
using JobNode.Tests.Queue;
using JobNode.Tests.Support;

namespace JobNode.Tests.Recovery;

/// <summary>A data directory as a node leaves it: identity, two snapshots, a log of several segments.</summary>
internal sealed class WrittenDirectory : IDisposable
{
    public const ulong SnapshotIndex = 30;
    public const ulong CommittedIndex = 58;
    public const ulong LastIndex = 60;
    public const ulong Term = 4;

    /// <summary>A member joins here; one entry later, a change follows that is not valid.</summary>
    public const ulong JoinIndex = 40;

    public static readonly NodeId Joiner = new(11);

    private readonly TemporaryFolder _folder = new();

    /// <summary>Writes it; the process ends without a last word when it is not closed.</summary>
    public WrittenDirectory(bool isClosed = true)
    {
        using DataDirectory directory = DataDirectory.Open(Path);
        Self = directory.NodeId;
        Configuration = new ClusterConfiguration(
            new UInt128(1, 2),
            [.. new[]
            {
                new Member(Self, "127.0.0.1:7001"),
                new Member(new NodeId(7), "127.0.0.1:7002"),
                new Member(new NodeId(9), "127.0.0.1:7003"),
            }.OrderBy(member => member.Id)]);
        Write(directory.Storage, isClosed);
    }

    public string Path => _folder.PathOf("data");

    public NodeId Self { get; }

    public ClusterConfiguration Configuration { get; }

    /// <summary>Digest of the state by index.</summary>
    public Dictionary<ulong, UInt128> Digests { get; } = [];

    public long Jobs { get; private set; }

    public string FileOf(string ending) => System.IO.Path.GetFileName(
        Directory.GetFiles(Path).Order(StringComparer.Ordinal).Last(
            file => file.EndsWith(ending, StringComparison.Ordinal)));

    public string PathOf(string file) => System.IO.Path.Join(Path, file);

    /// <summary>Turns one bit over.</summary>
    public void Flip(string file, long offset)
    {
        byte[] bytes = File.ReadAllBytes(PathOf(file));
        bytes[offset] ^= 0x10;
        File.WriteAllBytes(PathOf(file), bytes);
    }

    public void Cut(string file, long length)
    {
        using FileStream stream = File.OpenWrite(PathOf(file));
        stream.SetLength(length);
    }

    /// <summary>Names, lengths and contents of all files.</summary>
    public string Fingerprint() => string.Join('\n', Directory.GetFiles(Path).Order(StringComparer.Ordinal).Select(
        file => $"{file} {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
            File.ReadAllBytes(file)))}"));

    public void Dispose() => _folder.Dispose();

    private void Write(IStorageDirectory storage, bool isClosed)
    {
        SnapshotStore snapshots = SnapshotStore.Open(storage);
        snapshots.Save(WriteAheadLog.BootstrapIndex, 1, Configuration, state: null);
        var sizes = new WriteAheadLogOptions { SegmentBytes = 4096, FirstSegmentBytes = 4096 };
        using WriteAheadLog log = WriteAheadLog.Open(storage, WriteAheadLog.BootstrapIndex, sizes);
        var machine = new JobStateMachine(StateLimits.Default);
        machine.Advance(WriteAheadLog.BootstrapIndex);
        var history = new RandomHistory(5);
        for (ulong index = WriteAheadLog.BootstrapIndex + 1; index <= LastIndex; index++)
        {
            RaftEntry entry = EntryAt(index, history, machine);
            Digests[index] = machine.Digest;
            log.Append([entry], new HardState(Term, Self.Value, Math.Min(index - 1, CommittedIndex)));
            log.FlushAndSync();
            if (index == SnapshotIndex)
            {
                using IFrozenState frozen = machine.Freeze();
                snapshots.Save(index, Term, Configuration, frozen);
            }
        }

        Jobs = machine.View.Counts.Held;
        if (isClosed)
        {
            log.Close();
        }
    }

    /// <summary>A leader's first entry is empty; the others hold a command each.</summary>
    private static RaftEntry EntryAt(ulong index, RandomHistory history, JobStateMachine machine)
    {
        if (index == WriteAheadLog.BootstrapIndex + 1)
        {
            machine.Advance(index);
            return new RaftEntry(index, Term, RaftEntryKind.Normal, default);
        }

        if (index is JoinIndex or JoinIndex + 1)
        {
            machine.Advance(index);
            NodeId joiner = index == JoinIndex ? Joiner : new NodeId(12);
            return ChangeAt(index, new MemberChange.Put(
                new Member(joiner, "127.0.0.1:7011") { Role = MemberRole.Spare }));
        }

        ulong timeMs = history.NextTime();
        Command command = history.NextCommand();
        var bytes = new ArrayBufferWriter<byte>();
        CommandCodec.Encode(command, bytes);
        var entry = new ArrayBufferWriter<byte>();
        EntryCodec.Encode(new ProposalId(new NodeId(1), index), timeMs, [bytes.WrittenMemory], entry);
        _ = machine.Apply(index, timeMs, command);
        machine.Advance(index);
        return new RaftEntry(index, Term, RaftEntryKind.Normal, entry.WrittenSpan.ToArray());
    }

    /// <summary>raftpb.ConfChange as the core writes it: id, type, node, and the context in field 4.</summary>
    private static RaftEntry ChangeAt(ulong index, MemberChange change)
    {
        byte[] context = MemberChangeCodec.Encode(change);
        byte[] bytes = [0x08, 0x00, 0x10, 0x02, 0x18, 0x0B, 0x22, (byte)context.Length, .. context];
        return new RaftEntry(index, Term, RaftEntryKind.ConfigurationChange, bytes);
    }
}
