using System.Globalization;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Recovery;

/// <summary>
/// Exchanges the files of a data directory for new ones, so that a crash at any moment leaves something that is refused
/// and can be ended: the new files are made whole in a subdirectory, then a mark is set, the old ones move to another
/// subdirectory, the mark changes, the new ones move in, the mark goes.
/// </summary>
/// <remarks>A mark's name holds the phase and the name of the subdirectory that keeps the old files.</remarks>
internal sealed class RecoverySwap(PhysicalStorageDirectory storage, string path, string keptName)
{
    private const string NewFiles = "new-after-recovery";
    private const string KeptPrefix = "before-recovery-";
    private const string MovingOut = DataDirectory.RecoveryMarkPrefix + "moving-out.";
    private const string MovingIn = DataDirectory.RecoveryMarkPrefix + "moving-in.";

    /// <summary>Where the old files are kept.</summary>
    public string KeptIn => Path.Join(path, keptName);

    private string NewIn => Path.Join(path, NewFiles);

    /// <summary>The name of the subdirectory that keeps what was there at a moment.</summary>
    public static string NameAt(DateTimeOffset now) =>
        KeptPrefix + now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The subdirectory of an exchange that was cut short, or null.</summary>
    public static string? FindMark(IStorageDirectory storage)
    {
        string? mark = storage.List().FirstOrDefault(static name => name.StartsWith(
            DataDirectory.RecoveryMarkPrefix, StringComparison.Ordinal));
        return mark?[(mark.IndexOf('.', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>An empty subdirectory for the new files.</summary>
    public PhysicalStorageDirectory MakeNewFiles()
    {
        if (Directory.Exists(NewIn))
        {
            Directory.Delete(NewIn, recursive: true);
        }

        Directory.CreateDirectory(NewIn);
        Directory.CreateDirectory(KeptIn);
        return new PhysicalStorageDirectory(NewIn);
    }

    /// <summary>Exchanges the files, from where it stopped.</summary>
    /// <exception cref="IOException">A file cannot be moved; running again goes on.</exception>
    public void Run()
    {
        if (!storage.List().Contains(MovingIn + keptName))
        {
            Mark(MovingOut + keptName);
            MoveAll(path, KeptIn);
            storage.Rename(MovingOut + keptName, MovingIn + keptName);
            storage.Sync();
        }

        Invariant.That(Directory.Exists(NewIn), "new files are made before the old ones go");
        MoveAll(NewIn, path);
        storage.Delete(MovingIn + keptName);
        storage.Sync();
        Directory.Delete(NewIn);
    }

    private void Mark(string name)
    {
        if (!storage.List().Contains(name))
        {
            using IStorageFile file = storage.Create(name, 0);
            file.Sync();
        }

        storage.Sync();
    }

    private static void MoveAll(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from).ToArray())
        {
            string name = Path.GetFileName(file);
            if (DataFiles.IsState(name))
            {
                File.Move(file, Path.Join(to, name), overwrite: true);
            }
        }

        using var source = new PhysicalStorageDirectory(from);
        using var target = new PhysicalStorageDirectory(to);
        target.Sync();
        source.Sync();
    }
}
