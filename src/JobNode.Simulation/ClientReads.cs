using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>
/// Reads of single jobs: one life of a node never goes back, and behind a read barrier no node is behind what anybody
/// was told before.
/// </summary>
internal sealed class ClientReads(SimulatedWorld world, IReadOnlyList<SimulatedNode> nodes)
{
    private readonly List<Read> _reads = [];
    private readonly Dictionary<(NodeLife, JobId), (int Rank, ulong Done)> _shown = [];
    private ulong _highestAcknowledged;

    /// <summary>A call was acknowledged at an index.</summary>
    public void NoteAcknowledged(ulong index) => _highestAcknowledged = Math.Max(_highestAcknowledged, index);

    /// <summary>Somebody reads a job on some node, behind a barrier or as it is there.</summary>
    public void Start(IReadOnlyList<ClientJob> jobs)
    {
        SimulatedNode node = nodes[world.Random.Next(nodes.Count)];
        ClientJob? job = jobs.Count == 0 ? null : jobs[world.Random.Next(jobs.Count)];
        if (!node.IsUp || job?.Id is not { } id)
        {
            return;
        }

        bool isBehindBarrier = world.Random.Next(2) == 0;
        _reads.Add(new Read(node.Life!, job, isBehindBarrier)
        {
            Barrier = isBehindBarrier
                ? node.Loop!.ReadBarrierAsync(CancellationToken.None)
                : node.Loop!.ReadAsync(static () => true, CancellationToken.None),
            SeenBefore = job.Seen,
            AcknowledgedBefore = _highestAcknowledged,
            Node = node,
            Id = id,
        });
    }

    /// <summary>Looks after those under way.</summary>
    public void Step() => _reads.RemoveAll(Settle);

    private bool Settle(Read read)
    {
        if (!read.Life.IsAlive)
        {
            return true;
        }

        if (!read.Barrier.IsCompleted)
        {
            return false;
        }

        if (!read.Barrier.IsCompletedSuccessfully || !read.Barrier.Result)
        {
            return true;
        }

        world.Counts.Reads++;
        (int Rank, ulong Done) place = ClientJob.PlaceOf(read.Node.View!.Find(read.Id));
        (int Rank, ulong Done) before = _shown.GetValueOrDefault((read.Life, read.Id));
        HistoryChecker.Require(
            place.CompareTo(before) >= 0, $"job {read.Id} went back on node {read.Node.Id}: {before}, then {place}");
        _shown[(read.Life, read.Id)] = place;
        if (read.IsBehindBarrier)
        {
            world.Counts.Barriers++;
            HistoryChecker.Require(
                read.Node.Board!.Current.AppliedIndex >= read.AcknowledgedBefore,
                $"a read barrier passed at {read.Node}, though {read.AcknowledgedBefore} had been acknowledged");
            HistoryChecker.Require(
                place.Rank > 0 && place.CompareTo(read.SeenBefore) >= 0,
                $"job {read.Id} is {place} behind a barrier on node {read.Node.Id}, and was {read.SeenBefore} before");
            read.Job.Seen = place.CompareTo(read.Job.Seen) > 0 ? place : read.Job.Seen;
        }

        return true;
    }

    private sealed record Read(NodeLife Life, ClientJob Job, bool IsBehindBarrier)
    {
        public required Task<bool> Barrier { get; init; }

        public required (int Rank, ulong Done) SeenBefore { get; init; }

        public required ulong AcknowledgedBefore { get; init; }

        public required SimulatedNode Node { get; init; }

        public required JobId Id { get; init; }
    }
}
