using JobNode.Commands;

namespace JobNode.Scheduling;

/// <summary>
/// Long jobs in hands that have had a slice there, by priority and <see cref="ServiceLevel"/>: those that may have to
/// make room. All of it costs O(1).
/// </summary>
internal sealed class ReplaceableJobs
{
    private readonly List<DispatchedJob>[] _jobs = CreateLists();

    /// <summary>Notes where a long job in a hand stands now.</summary>
    public void Update(DispatchedJob job)
    {
        Invariant.That(job.Worker is not null && !job.IsShort, "a long job in a hand");
        int level = ServiceLevel.Of(job.IterationsDone);
        bool hadSlice = job.IterationsDone - job.GivenDone >= SchedulingLimits.LeaderSliceIterations;
        if (hadSlice && (job.ReplaceableAt < 0 || job.Level != level))
        {
            Remove(job);
            job.Level = level;
            List<DispatchedJob> jobs = ListOf(job);
            job.ReplaceableAt = jobs.Count;
            jobs.Add(job);
        }
    }

    /// <summary>Forgets a job, if it is here.</summary>
    public void Remove(DispatchedJob job)
    {
        if (job.ReplaceableAt >= 0)
        {
            List<DispatchedJob> jobs = ListOf(job);
            Invariant.That(jobs[job.ReplaceableAt] == job, "a job stands where it was put");
            DispatchedJob last = jobs[^1];
            jobs[job.ReplaceableAt] = last;
            last.ReplaceableAt = job.ReplaceableAt;
            jobs.RemoveAt(jobs.Count - 1);
            job.ReplaceableAt = -1;
        }
    }

    /// <summary>
    /// The job that should make room for this one: of a lower priority, or of the same and served more; of these the
    /// one of the lowest priority that was served most. Null when there is none.
    /// </summary>
    public DispatchedJob? FindFor(DispatchedJob job)
    {
        for (int priority = 0; priority <= job.Priority; priority++)
        {
            int above = priority < job.Priority ? -1 : job.Level;
            for (int level = ServiceLevel.Count - 1; level > above; level--)
            {
                List<DispatchedJob> jobs = _jobs[(priority * ServiceLevel.Count) + level];
                if (jobs.Count > 0)
                {
                    return jobs[^1];
                }
            }
        }

        return null;
    }

    private List<DispatchedJob> ListOf(DispatchedJob job) => _jobs[(job.Priority * ServiceLevel.Count) + job.Level];

    private static List<DispatchedJob>[] CreateLists()
    {
        var lists = new List<DispatchedJob>[(Limits.PriorityMax + 1) * ServiceLevel.Count];
        for (int i = 0; i < lists.Length; i++)
        {
            lists[i] = [];
        }

        return lists;
    }
}
