using System.Diagnostics;

namespace JobNode.Tests.Support;

/// <summary>A file system of its own for a directory, as small as wanted; needs the right to mount.</summary>
internal sealed class SmallFileSystem : IDisposable
{
    private readonly string _directory;

    /// <summary>Mounts one over the directory, which is made when it is not there.</summary>
    public SmallFileSystem(string directory, int mebibytes)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        Run("mount", "-t", "tmpfs", "-o", Size(mebibytes) + ",mode=0700", "tmpfs", directory);
    }

    /// <summary>Why none can be mounted here; null when that works.</summary>
    public static string? Obstacle { get; } = FindObstacle();

    /// <summary>Leaves that much free from now on, more or less.</summary>
    public void LeaveFree(int mebibytes)
    {
        var drive = new DriveInfo(_directory);
        long used = drive.TotalSize - drive.AvailableFreeSpace;
        Run("mount", "-o", "remount," + Size((int)(used >> 20) + 1 + mebibytes), _directory);
    }

    /// <inheritdoc/>
    public void Dispose() => Run("umount", "--lazy", _directory);

    private static string Size(int mebibytes) => $"size={mebibytes}m";

    private static string? FindObstacle()
    {
        using var folder = new TemporaryFolder();
        try
        {
            using var system = new SmallFileSystem(folder.PathOf("mount"), 1);
            return null;
        }
        catch (Exception error) when (error is IOException or System.ComponentModel.Win32Exception)
        {
            return $"no file system can be mounted here: {error.Message}";
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { UseShellExecute = false, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"{program} {string.Join(' ', arguments)}: {error.Trim()}");
        }
    }
}

/// <summary>A test that mounts a file system; skipped, with the reason, where that is not permitted.</summary>
public sealed class MountFactAttribute : FactAttribute
{
    /// <summary>Looks whether it is.</summary>
    public MountFactAttribute() => Skip = SmallFileSystem.Obstacle;
}
