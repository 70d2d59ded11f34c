using System.Globalization;
using JobNode.Chaos.Hosts;

namespace JobNode.Chaos;

/// <summary>Where a run puts what it leaves, and what it needs meanwhile.</summary>
internal sealed class RunFolder
{
    /// <summary>Makes the folder of a seed anew; two with other numbers of nodes can run at once.</summary>
    public RunFolder(ChaosOptions options)
    {
        Path = System.IO.Path.Join(options.Results, string.Create(
            CultureInfo.InvariantCulture, $"{options.Seed}-{options.Nodes}-nodes"));
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }

        DiskFolder = System.IO.Path.Join(Path, "disks");
        Directory.CreateDirectory(DiskFolder);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Where disks are mounted; nobody else sees them.</summary>
    public string DiskFolder { get; }

    /// <summary>Every operation and fault, one JSON object a line.</summary>
    public string HistoryPath => System.IO.Path.Join(Path, "history.jsonl");

    /// <summary>The history to be seen.</summary>
    public string TimelinePath => System.IO.Path.Join(Path, "timeline.html");

    /// <summary>The figures, as they go into RELIABILITY.md.</summary>
    public string SummaryPath => System.IO.Path.Join(Path, "summary.txt");

    /// <summary>What was done, line by line.</summary>
    public string LogPath => System.IO.Path.Join(Path, "run.log");

    /// <summary>Removes what was needed for the time of the run only.</summary>
    public void RemoveDisks() => Directory.Delete(DiskFolder, recursive: true);

    /// <summary>Copies the data directories to where they can be looked at when the run is over.</summary>
    public void KeepDisks(IEnumerable<Host> hosts)
    {
        foreach (Host host in hosts)
        {
            string target = System.IO.Path.Join(Path, "data", host.Name);
            Directory.CreateDirectory(target);
            // A node that does not end still holds its lock, of which there is nothing to keep.
            foreach (string file in host.Disk.Files(""))
            {
                if (file.EndsWith("/lock", StringComparison.Ordinal))
                {
                    continue;
                }

                File.Copy(file, System.IO.Path.Join(target, System.IO.Path.GetFileName(file)), overwrite: true);
            }
        }
    }
}
