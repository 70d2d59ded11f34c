using System.Buffers.Binary;
using JobNode.Consensus.Log;

namespace JobNode.Fuzz.Targets;

/// <summary>
/// Recovery of the log from damaged files. An input is a directory: for each file its sequence number (8 bytes), first
/// index (8), length (4), all little-endian, and its bytes.
/// </summary>
internal static class LogTarget
{
    private const int FileHeadBytes = 20;
    private const int FilesMax = 8;
    private const int SegmentBytes = 2048;

    private static readonly WriteAheadLogOptions Options =
        new() { SegmentBytes = SegmentBytes, FirstSegmentBytes = SegmentBytes };

    /// <summary>The target.</summary>
    public static IEnumerable<FuzzTarget> All() =>
        [new("log", Logs, Try) { Repair = Repair, AllocatedMax = 16 << 20 }];

    private static IEnumerable<byte[]> Logs(Random random)
    {
        foreach (int entries in (int[])[0, 1, 5, 40, 90])
        {
            MemoryDirectory directory = new();
            using WriteAheadLog log = WriteAheadLog.Open(directory, 0, Options);
            for (ulong index = 1; index <= (ulong)entries; index++)
            {
                byte[] data = new byte[random.Next(100)];
                ulong term = 1 + (index / 20);
                log.Append([new RaftEntry(index, term, RaftEntryKind.Normal, data)], new HardState(term, 1, index - 1));
                log.FlushAndSync();
            }

            yield return Pack(directory);
            if (entries > 50)
            {
                log.Close();
                yield return Pack(directory);
            }
        }
    }

    /// <summary>Refused as damaged, or a log that goes on, and that the next start finds as this one left it.</summary>
    private static void Try(byte[] input)
    {
        MemoryDirectory directory = new();
        foreach ((ulong sequence, ulong first, Range bytes) in Files(input))
        {
            directory.Put(LogFileName.Live(sequence, first), input[bytes]);
        }

        ulong lastIndex;
        ulong term;
        HardState state;
        try
        {
            using WriteAheadLog log = WriteAheadLog.Open(directory, 0, Options);
            FuzzFindingException.ThrowUnless(
                log.HardState.Commit <= log.LastIndex, "more is committed than the log holds");
            (lastIndex, state) = (log.LastIndex, log.HardState);
            term = Math.Max(1, log.TakeRecoveredEntries().Select(entry => entry.Term).LastOrDefault(state.Term));
        }
        catch (LogDamagedException)
        {
            return;
        }

        using (WriteAheadLog again = WriteAheadLog.Open(directory, 0, Options))
        {
            FuzzFindingException.ThrowUnless(
                again.LastIndex == lastIndex && again.HardState == state, "the second start finds another log");
            if (lastIndex >= ulong.MaxValue - 2)
            {
                return;
            }

            again.Append([new RaftEntry(lastIndex + 1, term, RaftEntryKind.Normal, new byte[9])], null);
            again.FlushAndSync();
        }

        using WriteAheadLog third = WriteAheadLog.Open(directory, 0, Options);
        FuzzFindingException.ThrowUnless(third.LastIndex == lastIndex + 1, "an entry that was synced is gone");
    }

    private static byte[] Pack(MemoryDirectory directory)
    {
        MemoryStream packed = new();
        using BinaryWriter writer = new(packed);
        foreach (string name in directory.List())
        {
            if (LogFileName.TryParseLive(name, out ulong sequence, out ulong first))
            {
                writer.Write(sequence);
                writer.Write(first);
                writer.Write(directory.Bytes(name).Length);
                writer.Write(directory.Bytes(name));
            }
        }

        writer.Flush();
        return packed.ToArray();
    }

    private static IEnumerable<(ulong Sequence, ulong First, Range Bytes)> Files(byte[] input)
    {
        int at = 0;
        for (int file = 0; file < FilesMax && at + FileHeadBytes <= input.Length; file++)
        {
            ulong sequence = BinaryPrimitives.ReadUInt64LittleEndian(input.AsSpan(at));
            ulong first = BinaryPrimitives.ReadUInt64LittleEndian(input.AsSpan(at + 8));
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(input.AsSpan(at + 16));
            int begin = at + FileHeadBytes;
            int end = (int)Math.Min(begin + (long)length, input.Length);
            yield return (sequence, first, begin..end);
            at = end;
        }
    }

    /// <summary>Checksums of headers and records, for what still looks like some.</summary>
    private static byte[] Repair(byte[] input)
    {
        foreach ((_, _, Range range) in Files(input).ToArray())
        {
            Span<byte> file = input.AsSpan(range);
            if (file.Length < LogSegmentHeader.SizeBytes)
            {
                continue;
            }

            int end = LogSegmentHeader.SizeBytes - sizeof(uint);
            BinaryPrimitives.WriteUInt32LittleEndian(file[end..], Crc32C.Compute(file[..end]));
            uint seed = LogRecord.SeedOf(
                BinaryPrimitives.ReadUInt64LittleEndian(file[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(file[24..]));
            for (int at = LogSegmentHeader.SizeBytes; at + LogRecord.HeadBytes <= file.Length;)
            {
                int size = LogRecord.PlausibleSize(file[at..]);
                if (size == 0 || size > file.Length - at)
                {
                    break;
                }

                uint checksum = ~Crc32C.Update(
                    Crc32C.Update(seed, (ulong)at), file.Slice(at + sizeof(uint), size - sizeof(uint)));
                BinaryPrimitives.WriteUInt32LittleEndian(file[at..], checksum);
                at += size;
            }
        }

        return input;
    }
}
