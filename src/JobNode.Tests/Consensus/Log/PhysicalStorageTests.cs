using System.Diagnostics;
using System.Globalization;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Tests.Consensus.Log;

/// <summary>The real file system: that the calls work, and what they say when they do not.</summary>
public sealed class PhysicalStorageTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("jobnode-storage-").FullName;

    [Fact]
    public void A_log_survives_reopening_compaction_and_recycling_on_the_real_disk()
    {
        var options = new WriteAheadLogOptions { SegmentBytes = 64 << 10, FirstSegmentBytes = 32 << 10 };
        using var directory = new PhysicalStorageDirectory(_path);
        ulong index = 0;
        ulong snapshotIndex = 0;
        for (int life = 0; life < 5; life++)
        {
            using WriteAheadLog log = WriteAheadLog.Open(directory, snapshotIndex, options);
            IReadOnlyList<RaftEntry> entries = log.TakeRecoveredEntries();
            Assert.Equal((int)(index - snapshotIndex), entries.Count);
            Assert.All(entries, entry => Assert.Equal((byte)entry.Index, entry.Data.Span[^1]));
            Assert.Null(log.RepairNote);
            for (int batch = 0; batch < 100; batch++)
            {
                var data = new byte[1000];
                index++;
                data[^1] = (byte)index;
                log.Append([new RaftEntry(index, 1, RaftEntryKind.Normal, data)], new HardState(1, 2, index));
                log.FlushAndSync();
            }

            snapshotIndex = index - 10;
            log.Compact(snapshotIndex);
            log.Close();
        }

        Assert.Contains(directory.List(), LogFileName.IsSpare);
        Assert.Equal(64 << 10, new FileInfo(Path.Join(_path, directory.List()[^1])).Length);
    }

    [Fact]
    public void Errors_name_the_file_and_what_was_tried()
    {
        using var directory = new PhysicalStorageDirectory(_path);
        directory.Create("a", 0).Dispose();
        StorageException exists = Assert.Throws<StorageException>(() => directory.Create("a", 0));
        Assert.Contains("create", exists.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Join(_path, "a"), exists.Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => directory.Open("b"));

        // No disk has room for this: posix_fallocate says so at once and leaves nothing behind.
        StorageException full = Assert.Throws<StorageException>(() => directory.Create("huge", 1L << 46));
        Assert.True(full.IsDiskFull || full.ErrorNumber == 27, full.Message); // EFBIG where files are bounded before
        Assert.Equal(["a"], directory.List());
    }

    [Fact]
    public void A_full_disk_is_recognised()
    {
        using var file = new PhysicalStorageFile(
            File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite), "/dev/full");
        StorageException error = Assert.Throws<StorageException>(() => file.Write(0, new byte[10]));
        Assert.True(error.IsDiskFull, error.Message);
    }

    [Fact]
    public void A_data_directory_is_private_keeps_its_node_id_and_refuses_a_second_process()
    {
        string path = Path.Join(_path, "deep", "data");
        NodeId id;
        using (DataDirectory first = DataDirectory.Open(path))
        {
            id = first.NodeId;
            Assert.NotEqual(NodeId.None, id);
            Assert.Equal("UserExecute, UserWrite, UserRead", new DirectoryInfo(path).UnixFileMode.ToString());
            IOException error = Assert.Throws<IOException>(() => DataDirectory.Open(path));
            Assert.Contains(
                Environment.ProcessId.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
            Assert.Contains("in use by another", error.Message, StringComparison.Ordinal);
            Assert.Equal(1, ExitCodeOfAnotherProcessThatLocks(path));
        }

        Assert.Equal(0, ExitCodeOfAnotherProcessThatLocks(path));
        using DataDirectory second = DataDirectory.Open(path);
        Assert.Equal(id, second.NodeId);
    }

    [Fact]
    public void A_damaged_or_missing_node_id_is_refused()
    {
        string path = Path.Join(_path, "data");
        DataDirectory.Open(path).Dispose();
        string file = Path.Join(path, "node-id");
        byte[] bytes = File.ReadAllBytes(file);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(file, damaged);
            Assert.Throws<IdentityDamagedException>(() => DataDirectory.Open(path));
        }

        File.Delete(file);
        using (var storage = new PhysicalStorageDirectory(path))
        {
            WriteAheadLog.Open(storage, 0, new WriteAheadLogOptions()).Dispose();
        }

        IdentityDamagedException missing =
            Assert.Throws<IdentityDamagedException>(() => DataDirectory.Open(path));
        Assert.Contains("no node-id", missing.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private static int ExitCodeOfAnotherProcessThatLocks(string path)
    {
        using Process process = Process.Start("flock", ["--nonblock", Path.Join(path, "lock"), "true"]);
        process.WaitForExit();
        return process.ExitCode;
    }
}
