using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>etcd's raft core behind the bridge. Only in native binaries; one thread at a time.</summary>
internal sealed unsafe class RaftCore(RaftCoreLogDetail logDetail) : IRaftCore
{
    private const int Refused = 1;
    private const int NoSlot = -1;
    private const int LoadBytesMax = 4 << 20;
    private const int LogBytes = 8 << 10;
    private const int ErrorBytesMax = 4096;
    private const int ProgressBytes = 24;
    private const int ProgressNodesExpected = 32;

    // Bounds inside the core. Bytes per append message and of committed entries per ready: an entry is at most
    // Limits.EntryBytesMax and always goes, so a message stays below twice that and below Limits.FrameBytesMax.
    // Messages in flight: 256 MiB to a follower at most. Uncommitted bytes: a last line behind the loop's own bound.
    private const ulong MessageBytesMax = Limits.EntryBytesMax;
    private const ulong MessagesInFlightMax = 256;
    private const ulong UncommittedBytesMax = 256UL << 20;
    private const ulong CommittedBytesPerReadyMax = 8UL << 20;

    // Pinned, because Go writes into it; grows to the largest ready and stays.
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(32 << 10, pinned: true);
    private readonly byte[] _logBuffer = GC.AllocateUninitializedArray<byte>(LogBytes, pinned: true);
    private int _slot = NoSlot;
    private bool _isReadyOut;

    /// <summary>Seeds the election time-outs of all cores in the process, for simulation.</summary>
    public static void Seed(long seed) => RaftCoreInterop.Seed(seed);

    /// <inheritdoc/>
    public void Start(RaftCoreStart start)
    {
        Invariant.That(_slot == NoSlot, "a core is started once");
        Invariant.That(start.HardState.Commit >= start.AppliedIndex, "what is applied is committed");
        Invariant.That(start.AppliedIndex >= start.SnapshotIndex, "a snapshot is applied before what follows it");
        byte[] settings = EncodeSettings(start);
        fixed (byte* pointer = settings)
        {
            _slot = RaftCoreInterop.Open(pointer, settings.Length);
        }

        if (_slot < 0)
        {
            throw Failure("the raft core could not be opened");
        }

        LoadEntries(start.Entries);
        Check(RaftCoreInterop.Start(_slot));
    }

    /// <inheritdoc/>
    public void Host(Action loop) => CoreThread.Run(loop);

    /// <inheritdoc/>
    public void Tick() => Check(RaftCoreInterop.Tick(BetweenReadies()));

    /// <inheritdoc/>
    public void Campaign() => Check(RaftCoreInterop.Campaign(BetweenReadies()));

    /// <inheritdoc/>
    public bool Step(ReadOnlySpan<byte> message)
    {
        fixed (byte* pointer = message)
        {
            return Check(RaftCoreInterop.Step(BetweenReadies(), pointer, message.Length)) != Refused;
        }
    }

    /// <inheritdoc/>
    public bool Propose(ReadOnlySpan<byte> entry)
    {
        fixed (byte* pointer = entry)
        {
            return Check(RaftCoreInterop.Propose(BetweenReadies(), pointer, entry.Length)) != Refused;
        }
    }

    /// <inheritdoc/>
    public void RequestReadIndex(ReadContext context) =>
        Check(RaftCoreInterop.ReadIndex(BetweenReadies(), context.Incarnation, context.Sequence));

    /// <inheritdoc/>
    public void ReportUnreachable(NodeId node) =>
        Check(RaftCoreInterop.ReportUnreachable(BetweenReadies(), node.Value));

    /// <inheritdoc/>
    public void ReportSnapshot(NodeId node, bool delivered) =>
        Check(RaftCoreInterop.ReportSnapshot(BetweenReadies(), node.Value, delivered ? 1 : 0));

    /// <inheritdoc/>
    public bool ProposeChange(RaftChange change, ReadOnlySpan<byte> context)
    {
        fixed (byte* pointer = context)
        {
            long result = RaftCoreInterop.ProposeConfChange(
                BetweenReadies(), (int)change.Kind, change.Node.Value, pointer, context.Length);
            return Check(result) != Refused;
        }
    }

    /// <inheritdoc/>
    public void ApplyChange(RaftChange change)
    {
        Invariant.That(_isReadyOut, "a change is applied between a ready and its advance");
        Check(RaftCoreInterop.ApplyConfChange(_slot, (int)change.Kind, change.Node.Value));
    }

    /// <inheritdoc/>
    public void ReadProgress(List<MemberProgress> into)
    {
        int slot = BetweenReadies();
        Span<byte> buffer = stackalloc byte[ProgressNodesExpected * ProgressBytes];
        long bytes = ReadProgressInto(slot, buffer);
        if (bytes > buffer.Length)
        {
            buffer = new byte[bytes];
            bytes = ReadProgressInto(slot, buffer);
        }

        for (ReadOnlySpan<byte> left = buffer[..(int)bytes]; !left.IsEmpty; left = left[ProgressBytes..])
        {
            into.Add(new MemberProgress(
                new NodeId(BinaryPrimitives.ReadUInt64LittleEndian(left)),
                BinaryPrimitives.ReadUInt64LittleEndian(left[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(left[16..]) != 0));
        }
    }

    /// <inheritdoc/>
    public void TransferLeadership(NodeId to) => Check(RaftCoreInterop.TransferLeader(BetweenReadies(), to.Value));

    /// <inheritdoc/>
    public bool TryTakeReady(Ready ready)
    {
        int slot = BetweenReadies();
        long bytes = TakeReadyInto(slot);
        if (bytes > _buffer.Length)
        {
            int capacity = (int)BitOperations.RoundUpToPowerOf2((ulong)bytes);
            _buffer = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
            bytes = TakeReadyInto(slot);
            Invariant.That(bytes <= _buffer.Length, "a ready does not grow between two looks at it");
        }

        if (bytes == 0)
        {
            return false;
        }

        _isReadyOut = true;
        ReadyReader.Read(_buffer.AsMemory(0, (int)bytes), ready);
        return true;
    }

    /// <inheritdoc/>
    public void Advance()
    {
        Invariant.That(_isReadyOut, "only a ready that was taken is advanced");
        _isReadyOut = false;
        Check(RaftCoreInterop.Advance(_slot));
    }

    /// <inheritdoc/>
    public void Compact(ulong snapshotIndex, RaftConfiguration configuration, ulong keepAfterIndex)
    {
        Invariant.That(keepAfterIndex <= snapshotIndex, "who needs the snapshot needs what follows it");
        CompactTo(snapshotIndex, configuration, keepAfterIndex);
    }

    /// <inheritdoc/>
    public void Trim(ulong keepAfterIndex) => CompactTo(0, RaftConfiguration.Empty, keepAfterIndex);

    private void CompactTo(ulong snapshotIndex, RaftConfiguration configuration, ulong keepAfterIndex)
    {
        List<ulong> numbers = [snapshotIndex, keepAfterIndex];
        AddConfiguration(numbers, configuration);
        byte[] arguments = Encode(numbers);
        fixed (byte* pointer = arguments)
        {
            Check(RaftCoreInterop.Compact(BetweenReadies(), pointer, arguments.Length));
        }
    }

    /// <inheritdoc/>
    public void DrainLog(List<RaftCoreLogLine> into)
    {
        if (logDetail == RaftCoreLogDetail.None)
        {
            return;
        }

        while (true)
        {
            long bytes;
            fixed (byte* pointer = _logBuffer)
            {
                bytes = RaftCoreInterop.TakeLog(_slot, pointer, _logBuffer.Length);
            }

            if (bytes == 0)
            {
                return;
            }

            string text = Encoding.UTF8.GetString(_logBuffer, 0, (int)bytes);
            foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                into.Add(new RaftCoreLogLine(line[0], line[1..]));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_slot != NoSlot)
        {
            RaftCoreInterop.Close(_slot);
            _slot = NoSlot;
        }
    }

    private byte[] EncodeSettings(RaftCoreStart start)
    {
        List<ulong> settings =
        [
            start.Self.Value, (ulong)start.ElectionTicks, (ulong)start.HeartbeatTicks, MessageBytesMax,
            MessagesInFlightMax, UncommittedBytesMax, CommittedBytesPerReadyMax, (ulong)logDetail,
            start.HardState.Term, start.HardState.Vote, start.HardState.Commit,
            start.SnapshotIndex, start.AppliedIndex, start.AppliedTerm,
        ];
        AddConfiguration(settings, start.Configuration);
        return Encode(settings);
    }

    private static void AddConfiguration(List<ulong> numbers, RaftConfiguration configuration)
    {
        numbers.Add((ulong)configuration.Voters.Count);
        numbers.AddRange(configuration.Voters.Select(static id => id.Value));
        numbers.Add((ulong)configuration.Learners.Count);
        numbers.AddRange(configuration.Learners.Select(static id => id.Value));
    }

    private static byte[] Encode(List<ulong> numbers)
    {
        byte[] bytes = new byte[numbers.Count * sizeof(ulong)];
        for (int i = 0; i < numbers.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), numbers[i]);
        }

        return bytes;
    }

    /// <summary>In pieces of a few megabytes, so that a long log does not exist three times at once.</summary>
    private void LoadEntries(IReadOnlyList<RaftEntry> entries)
    {
        using var piece = new MemoryStream();
        Span<byte> header = stackalloc byte[ReadyReader.EntryHeaderBytes];
        foreach (RaftEntry entry in entries)
        {
            ReadyReader.WriteEntryHeader(header, entry);
            piece.Write(header);
            piece.Write(entry.Data.Span);
            if (piece.Length >= LoadBytesMax)
            {
                LoadPiece(piece);
            }
        }

        if (piece.Length > 0)
        {
            LoadPiece(piece);
        }
    }

    private void LoadPiece(MemoryStream piece)
    {
        fixed (byte* pointer = piece.GetBuffer())
        {
            Check(RaftCoreInterop.Load(_slot, pointer, piece.Length));
        }

        piece.SetLength(0);
    }

    private long TakeReadyInto(int slot)
    {
        fixed (byte* pointer = _buffer)
        {
            return Check(RaftCoreInterop.Ready(slot, pointer, _buffer.Length));
        }
    }

    private long ReadProgressInto(int slot, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            return Check(RaftCoreInterop.Progress(slot, pointer, buffer.Length));
        }
    }

    private int BetweenReadies()
    {
        Invariant.That(_slot != NoSlot, "a core is started before it is used");
        Invariant.That(!_isReadyOut, "nothing is asked of a core between a ready and its advance");
        return _slot;
    }

    private long Check(long result) => result >= 0 ? result : throw Failure("the raft core failed");

    private RaftCoreException Failure(string what)
    {
        byte[] text = new byte[ErrorBytesMax];
        long bytes;
        fixed (byte* pointer = text)
        {
            bytes = RaftCoreInterop.TakeError(_slot, pointer, text.Length);
        }

        return new RaftCoreException($"{what}: {Encoding.UTF8.GetString(text, 0, (int)bytes)}");
    }
}

/// <summary>How much the core logs. The numbers are the bridge's.</summary>
internal enum RaftCoreLogDetail
{
    /// <summary>Nothing; for simulation.</summary>
    None = 0,

    /// <summary>Warnings and errors.</summary>
    Warnings = 2,

    /// <summary>Every vote and change of role.</summary>
    Info = 3,

    /// <summary>Flow control too.</summary>
    Debug = 4,
}
