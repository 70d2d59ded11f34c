using JobNode.Commands;
using JobNode.Consensus.Log;

namespace JobNode.Consensus;

/// <summary>Surface only; the body follows.</summary>
internal sealed class SnapshotStore
{
    private readonly IStorageDirectory _directory;

    private SnapshotStore(IStorageDirectory directory) => _directory = directory;

    /// <summary>The latest snapshot, or null.</summary>
    public SnapshotMetadata? Latest { get; private set; }

    /// <summary>Opens the snapshots of a data directory and verifies the latest.</summary>
    /// <exception cref="SnapshotDamagedException">The latest is damaged.</exception>
    public static SnapshotStore Open(IStorageDirectory directory) => new(directory);

    /// <summary>Writes a snapshot durably. Any thread. A null state is an empty body.</summary>
    public SnapshotMetadata Save(ulong index, ulong term, ClusterConfiguration configuration, IFrozenState? state) =>
        throw new NotSupportedException($"{index}{term}{configuration}{state}{_directory}");

    /// <summary>The state as <see cref="IFrozenState.Write"/> wrote it; every block is checked while reading.</summary>
    public Stream OpenBody(ulong index) => throw new NotSupportedException($"{index}{_directory}");

    /// <summary>The file's raw bytes, for transfer.</summary>
    public Stream OpenFile(ulong index) => throw new NotSupportedException($"{index}{_directory}");

    /// <summary>Starts to receive a file.</summary>
    public IncomingSnapshot BeginReceive() => throw new NotSupportedException($"{_directory}");

    /// <summary>A received file becomes the latest snapshot, durably.</summary>
    public void Install(string fileName) => throw new NotSupportedException($"{fileName}{_directory}{Latest = null}");

    /// <summary>Deletes snapshots below <paramref name="index"/>, never the latest. Open readers go on.</summary>
    public void DeleteOlderThan(ulong index) => throw new NotSupportedException($"{index}{_directory}");
}
