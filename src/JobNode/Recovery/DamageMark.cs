using System.Globalization;
using System.Text;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Recovery;

/// <summary>What a damaged directory still tells of its cluster.</summary>
/// <param name="ClusterId">Its id; zero when nothing readable says it.</param>
/// <param name="Own">Where this node was, or empty.</param>
/// <param name="Others">Where the others were.</param>
internal sealed record KnownCluster(UInt128 ClusterId, string Own, IReadOnlyList<string> Others)
{
    /// <summary>Nothing is known.</summary>
    public static readonly KnownCluster Nothing = new(UInt128.Zero, "", []);

    /// <summary>Reads the heads of the snapshots, the newest first; the first that is sound counts.</summary>
    public static KnownCluster Of(IStorageDirectory storage, NodeId? self)
    {
        foreach (string name in storage.List().Reverse().Where(static name => SnapshotStore.TryParseName(name, out _)))
        {
            try
            {
                using var reader = new SnapshotFileReader(storage, name);
                ClusterConfiguration configuration = reader.Metadata.Configuration;
                return new KnownCluster(
                    configuration.ClusterId,
                    configuration.Members.FirstOrDefault(member => member.Id == self)?.Address ?? "",
                    [.. configuration.Members.Where(member => member.Id != self).Select(static m => m.Address)]);
            }
            catch (SnapshotDamagedException)
            {
                // An older one may be readable.
            }
        }

        return Nothing;
    }
}

/// <summary>
/// A file that says: what this directory holds is not to be trusted. It is there while the files of a damaged node are
/// moved aside, and from the moment when a running node learned that its log had lost something.
/// </summary>
internal static class DamageMark
{
    /// <summary>Its name.</summary>
    public const string Name = "damaged";

    private const string TemporaryName = "node-id.damaged.tmp";
    private const int BytesMax = 1 << 20;

    /// <summary>Writes it durably.</summary>
    /// <param name="storage">The data directory.</param>
    /// <param name="known">What the damaged files tell.</param>
    /// <param name="reason">What is damaged, as a clause.</param>
    /// <param name="aside">The subdirectory that the files are moved to; empty while none is.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(IStorageDirectory storage, KnownCluster known, string reason, string aside)
    {
        string[] lines =
        [
            reason.ReplaceLineEndings(" "), aside, known.ClusterId.ToString("x32"), known.Own, .. known.Others,
        ];
        string text = string.Join('\n', lines);
        if (storage.List().Contains(TemporaryName))
        {
            storage.Delete(TemporaryName);
        }

        using (IStorageFile file = storage.Create(TemporaryName, 0))
        {
            file.Write(0, Encoding.UTF8.GetBytes($"{ChecksumOf(text)}\n{text}"));
            file.Sync();
        }

        storage.Rename(TemporaryName, Name);
        storage.Sync();
    }

    /// <summary>Takes it away durably.</summary>
    /// <exception cref="IOException">It cannot be deleted.</exception>
    public static void Remove(IStorageDirectory storage)
    {
        storage.Delete(Name);
        storage.Sync();
    }

    /// <summary>The mark with what it remembers, or null when there is none. A damaged mark is one, too.</summary>
    public static (string Reason, string Aside, KnownCluster Known)? Find(IStorageDirectory storage)
    {
        if (!storage.List().Contains(Name))
        {
            return null;
        }

        using IStorageFile file = storage.Open(Name);
        var bytes = new byte[Math.Min(file.LengthBytes, BytesMax)];
        string all = Encoding.UTF8.GetString(bytes, 0, file.Read(0, bytes));
        int end = all.IndexOf('\n', StringComparison.Ordinal);
        string[] lines = end < 0 ? [] : all[(end + 1)..].Split('\n');
        return lines.Length >= 4
            && all[..end] == ChecksumOf(all[(end + 1)..])
            && UInt128.TryParse(lines[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 id)
            ? (lines[0], lines[1], new KnownCluster(id, lines[3], lines[4..]))
            : ("the data of this node was found to be damaged before", "", KnownCluster.Nothing);
    }

    private static string ChecksumOf(string text) =>
        Crc32C.Compute(Encoding.UTF8.GetBytes(text)).ToString("x8", CultureInfo.InvariantCulture);
}

/// <summary>The mark was found.</summary>
/// <param name="reason">What it says.</param>
internal sealed class MarkedDamagedException(string reason) : DataDamagedException(
    "The data of this node is not to be trusted",
    DamageMark.Name,
    0,
    reason,
    "Records that were safely on disk are lost, so this node must not vote on what is left.");
