using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Recovery;

/// <summary>
/// Makes a new data directory from a backup: a new node, in a new cluster of one, with the same state.
/// </summary>
internal static class Restoration
{
    private const string LostAndFound = "lost+found";

    /// <summary>Writes the directory.</summary>
    /// <param name="backupPath">The backup.</param>
    /// <param name="directory">New or empty.</param>
    /// <param name="address">The cluster address of the new node.</param>
    /// <exception cref="IOException">The backup is not whole, or the directory not empty or not writable.</exception>
    public static RestoredState Run(string backupPath, string directory, string address)
    {
        string full = Path.GetFullPath(directory);
        RequireEmpty(full);
        BackupFile backup = BackupFile.Open(backupPath);
        FeatureLevels.RequireKnown(backup.Metadata.Configuration.FeatureLevel);
        using IDisposable kept = DataDirectory.LockFor(full);
        RequireEmpty(full);
        using var storage = new PhysicalStorageDirectory(full);
        var self = NodeId.Create();
        ClusterConfiguration configuration = FreshState.ConfigurationOf(
            self, address, "", backup.Metadata.Configuration.FeatureLevel, []);
        try
        {
            FreshState.Write(storage, backup.Machine, backup.Metadata.Term, configuration);

            // Last: without an identity no node starts on what is here.
            DataDirectory.WriteNodeId(storage, self);
        }
        catch
        {
            foreach (string name in storage.List().Where(DataFiles.IsState))
            {
                storage.Delete(name);
            }

            throw;
        }

        return new RestoredState(
            full, self.ToString(), configuration.ClusterId.ToString("x32"), backup.Index, backup.Digest, backup.Jobs);
    }

    private static void RequireEmpty(string full)
    {
        if (!Directory.Exists(full))
        {
            return;
        }

        string? found = Directory.EnumerateFileSystemEntries(full).Select(Path.GetFileName)
            .FirstOrDefault(static name => name is not (DataFiles.Lock or LostAndFound));
        if (found is not null)
        {
            throw new IOException($"{full} is not empty (it holds {found}), and a restore never overwrites anything: "
                + "name a directory that is new or empty.");
        }
    }
}

/// <summary>A data directory made from a backup, or made again after the quorum was lost.</summary>
/// <param name="Path">The directory.</param>
/// <param name="Node">The node's id.</param>
/// <param name="ClusterId">The new cluster.</param>
/// <param name="Index">Index of the last entry contained.</param>
/// <param name="Digest">Digest of the state.</param>
/// <param name="Jobs">Jobs contained.</param>
internal sealed record RestoredState(
    string Path, string Node, string ClusterId, ulong Index, string Digest, long Jobs);
