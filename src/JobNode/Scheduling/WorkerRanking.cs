using System.Runtime.InteropServices;
using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// Workers by how soon they should get a job: one with a hash thread to spare (a chain alone in a thread runs fastest),
/// then one with a lane to spare, then one whose hand is not full; of these the least loaded. Finding the first costs
/// O(log n), and so does a change of one.
/// </summary>
internal sealed class WorkerRanking
{
    private readonly SortedSet<WorkerPlace> _forShort = new(PlaceOrder.Instance);
    private readonly SortedSet<WorkerPlace> _forLong = new(PlaceOrder.Instance);
    private readonly List<DispatchWorker> _changed = [];

    /// <summary>Workers in the order in which they should get a short or a long job.</summary>
    public SortedSet<WorkerPlace> Of(bool isShort)
    {
        foreach (DispatchWorker worker in _changed)
        {
            worker.HasChanged = false;
            worker.PlaceForShort = Move(_forShort, worker.PlaceForShort, Find(worker, worker.ShortFill));
            worker.PlaceForLong = Move(_forLong, worker.PlaceForLong, Find(worker, worker.LongFill));
        }

        _changed.Clear();
        return isShort ? _forShort : _forLong;
    }

    /// <summary>A worker came or went, or its hand or rates changed: the next look finds it in its place.</summary>
    public void NoteChange(DispatchWorker worker)
    {
        if (!worker.HasChanged)
        {
            worker.HasChanged = true;
            _changed.Add(worker);
        }
    }

    private static WorkerPlace? Move(SortedSet<WorkerPlace> places, WorkerPlace? from, WorkerPlace? to)
    {
        if (from == to)
        {
            return to;
        }

        bool removed = from is not { } old || places.Remove(old);
        Invariant.That(removed, "a worker stands where it was put");
        bool added = to is not { } place || places.Add(place);
        Invariant.That(added, "a worker has one place in an order");
        return to;
    }

    private static WorkerPlace? Find(DispatchWorker worker, double fill)
    {
        if (worker.IsGone)
        {
            return null;
        }

        if (!worker.HasRoom)
        {
            return new WorkerPlace(PlaceTier.Full, 0, worker);
        }

        if (worker.JobsPerThread < 1)
        {
            return new WorkerPlace(PlaceTier.ThreadFree, worker.JobsPerThread, worker);
        }

        return worker.JobsPerLane < 1 ? new WorkerPlace(PlaceTier.LaneFree, worker.JobsPerLane, worker)
            : fill < 1 ? new WorkerPlace(PlaceTier.HandFree, fill, worker)
            : new WorkerPlace(PlaceTier.Full, 0, worker);
    }

    private sealed class PlaceOrder : IComparer<WorkerPlace>
    {
        public static readonly PlaceOrder Instance = new();

        public int Compare(WorkerPlace x, WorkerPlace y)
        {
            int order = x.Tier.CompareTo(y.Tier);
            order = order != 0 ? order : x.Load.CompareTo(y.Load);
            return order != 0 ? order : x.Worker.Node.CompareTo(y.Worker.Node);
        }
    }
}

/// <summary>What a worker has to spare, the best first.</summary>
internal enum PlaceTier
{
    /// <summary>A hash thread without a chain.</summary>
    ThreadFree,

    /// <summary>A lane without a chain.</summary>
    LaneFree,

    /// <summary>Room in the hand, behind what runs.</summary>
    HandFree,

    /// <summary>Nothing.</summary>
    Full,
}

/// <summary>A worker's place in the order.</summary>
/// <param name="Tier">What it has to spare.</param>
/// <param name="Load">Less goes first within a tier.</param>
/// <param name="Worker">Who.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct WorkerPlace(PlaceTier Tier, double Load, DispatchWorker Worker);
