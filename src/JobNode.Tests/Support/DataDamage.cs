using System.Buffers.Binary;

namespace JobNode.Tests.Support;

/// <summary>What a broken disk does to the files of a node that does not run.</summary>
internal static class DataDamage
{
    private const int HeaderBytes = 512;
    private const int MarkType = 3;
    private const int RecordHeadBytes = 16;

    /// <summary>The newest segment of the log.</summary>
    public static string Segment(string directory) => Newest(directory, "*.log");

    /// <summary>The newest snapshot.</summary>
    public static string Snapshot(string directory) => Newest(directory, "*.snapshot");

    /// <summary>Turns a bit of one byte over.</summary>
    public static void Flip(string path, long offset)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 0x10));
    }

    /// <summary>Cuts a file to half its length.</summary>
    public static void CutInHalf(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        file.SetLength(file.Length / 2);
    }

    /// <summary>A byte of the last record that was synced: the one before the last mark.</summary>
    public static long LastSynced(string segment)
    {
        byte[] bytes = File.ReadAllBytes(segment);
        int used = Array.FindLastIndex(bytes, static value => value != 0);
        for (int at = used & -8; at > HeaderBytes; at -= 8)
        {
            if (at + RecordHeadBytes <= bytes.Length
                && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4)) == 0
                && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)) == at
                && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12)) == MarkType)
            {
                return at - RecordHeadBytes;
            }
        }

        throw new InvalidOperationException($"{segment} holds no mark");
    }

    private static string Newest(string directory, string pattern) =>
        Directory.GetFiles(directory, pattern).Order(StringComparer.Ordinal).Last();
}
