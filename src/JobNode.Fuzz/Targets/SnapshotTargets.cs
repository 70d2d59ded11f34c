using System.Buffers.Binary;
using System.Globalization;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Queue;

namespace JobNode.Fuzz.Targets;

/// <summary>Snapshots: the state in them, and the file around it.</summary>
internal static class SnapshotTargets
{
    private const ulong SpanMax = 1 << 28;
    private const int HeadBytes = 1 + (3 * 8);
    private const int QueuesBytes = (QueueState.QueueCount + 1) * 16;
    private const string Name = "received";
    private const string RebuiltWord = " was rebuilt where ";

    /// <summary>All of them.</summary>
    public static IEnumerable<FuzzTarget> All() =>
    [
        new("snapshot", States, TryState) { Repair = RepairState, AllocatedMax = 8 << 20 },
        new("snapshot-file", Files, TryFile) { Repair = RepairFile, AllocatedMax = 8 << 20 },
    ];

    private static IEnumerable<byte[]> States(Random random)
    {
        JobStateMachine machine = new(StateLimits.Default);
        ulong index = 0;
        yield return Write(machine);
        foreach (Command command in Samples.Commands(random).Concat(Samples.Commands(random)))
        {
            machine.Apply(++index, 1000 * index, command);
            yield return Write(machine);
        }
    }

    /// <summary>
    /// Refused, or a state that writes the same bytes again, knows its own digest, and takes commands.
    /// </summary>
    private static void TryState(byte[] input)
    {
        if (SpansFar(input))
        {
            return;
        }

        JobStateMachine machine = new(StateLimits.Default);
        try
        {
            machine.Restore(new MemoryStream(input));
        }
        catch (InvalidDataException)
        {
            return;
        }

        FuzzFindingException.ThrowUnless(
            input.Length == 0 || Write(machine).AsSpan().SequenceEqual(input), "not the same snapshot again");
        FuzzFindingException.ThrowUnless(
            machine.RecomputeDigest() == machine.Digest, "not the digest of what is in it");
        ulong index = machine.AppliedIndex;
        if (index > ulong.MaxValue - 100)
        {
            return;
        }

        foreach (Command command in Samples.Commands(new Random(1)))
        {
            machine.Apply(++index, 0, command);
        }

        _ = machine.View.Page(null, 100, null);
        machine.Apply(++index, 0, new Expire(ulong.MaxValue, ulong.MaxValue, 100));
    }

    /// <summary>
    /// A queue's directory takes 12 bytes for every 1024 numbers that it spans, by design and up to its bound:
    /// not tried
    /// here, since it would be most of the time.
    /// </summary>
    private static bool SpansFar(byte[] input)
    {
        for (int at = HeadBytes; at + 16 <= Math.Min(input.Length, HeadBytes + QueuesBytes); at += 16)
        {
            ulong first = BinaryPrimitives.ReadUInt64LittleEndian(input.AsSpan(at));
            ulong next = BinaryPrimitives.ReadUInt64LittleEndian(input.AsSpan(at + 8));
            if (next - first is > SpanMax and <= SequenceQueue.RestoredSpanMax)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The digest that the state in it has; what is refused before that stays as it is.</summary>
    private static byte[] RepairState(byte[] input)
    {
        if (SpansFar(input))
        {
            return input;
        }

        try
        {
            new JobStateMachine(StateLimits.Default).Restore(new MemoryStream(input));
        }
        catch (InvalidDataException refusal)
        {
            int end = refusal.Message.IndexOf(RebuiltWord, StringComparison.Ordinal);
            if (end >= 32)
            {
                UInt128 digest = UInt128.Parse(
                    refusal.Message.AsSpan(end - 32, 32), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                BinaryPrimitives.WriteUInt128LittleEndian(input.AsSpan(input.Length - 16), digest);
            }
        }

        return input;
    }

    private static byte[] Write(JobStateMachine machine)
    {
        MemoryStream bytes = new();
        using IFrozenState frozen = machine.Freeze();
        frozen.Write(bytes);
        return bytes.ToArray();
    }

    private static IEnumerable<byte[]> Files(Random random)
    {
        foreach (int length in (int[])[0, 1, 5000])
        {
            MemoryDirectory directory = new();
            byte[] body = new byte[length];
            random.NextBytes(body);
            using (SnapshotFileWriter writer = new(
                directory.Create(Name, 0), new SnapshotMetadata(9, 2, Samples.Configuration())))
            {
                writer.Write(body);
                writer.Finish();
            }

            yield return directory.Bytes(Name);
        }
    }

    /// <summary>A file that arrives in two pieces is refused as damaged, or reads to its end.</summary>
    private static void TryFile(byte[] input)
    {
        MemoryDirectory directory = new();
        using IncomingSnapshot incoming = new(directory, Name);
        incoming.Write(input.AsSpan(0, input.Length / 2));
        incoming.Write(input.AsSpan(input.Length / 2));
        try
        {
            (SnapshotMetadata metadata, string file) = incoming.Complete();
            using SnapshotFileReader reader = new(directory, file);
            reader.CopyTo(Stream.Null);
            byte[] head = SnapshotFileFormat.EncodeHead(metadata);
            FuzzFindingException.ThrowUnless(
                SnapshotFileFormat.TryDecodeHead(head, out SnapshotMetadata? again) is null
                    && again!.Configuration.Equals(metadata.Configuration),
                "a head that does not come back");
        }
        catch (SnapshotDamagedException)
        {
            // As documented.
        }
    }

    private static byte[] RepairFile(byte[] input)
    {
        if (input.Length < SnapshotFileFormat.HeadPrefixBytes)
        {
            return input;
        }

        int head = BinaryPrimitives.ReadInt32LittleEndian(input.AsSpan(12));
        if (head <= SnapshotFileFormat.HeadPrefixBytes + 4 || head > input.Length)
        {
            return input;
        }

        uint checksum = SnapshotFileFormat.Checksum(Consensus.Log.Crc32C.Initial, input.AsSpan(0, head - 4));
        BinaryPrimitives.WriteUInt32LittleEndian(input.AsSpan(head - 4), checksum);
        long bodyBytes = 0;
        for (int at = head; at + SnapshotFileFormat.BlockHeadBytes <= input.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(input.AsSpan(at));
            if (length == SnapshotFileFormat.TrailerMarker && at + SnapshotFileFormat.TrailerBytes <= input.Length)
            {
                SnapshotFileFormat.EncodeTrailer(input.AsSpan(at), checksum, bodyBytes);
                break;
            }

            int body = at + SnapshotFileFormat.BlockHeadBytes;
            if (length == 0 || length > input.Length - body)
            {
                break;
            }

            checksum = SnapshotFileFormat.Checksum(checksum, input.AsSpan(body, (int)length));
            BinaryPrimitives.WriteUInt32LittleEndian(input.AsSpan(at + 4), checksum);
            bodyBytes += length;
            at = body + (int)length;
        }

        return input;
    }
}
