namespace JobNode.Bench.Scheduling;

/// <summary>
/// What the same jobs would see in ideal queues of the same capacity, where nothing costs anything: no messages, no
/// slices. A job goes at most as fast as one chain.
/// </summary>
internal static class IdealQueues
{
    /// <summary>Processor sharing: all jobs that are there go on at one rate. Gives the ends, in seconds.</summary>
    public static double[] ShareProcessors(IReadOnlyList<ModelJob> jobs, int nodes)
    {
        double lanes = (double)nodes * ModelKernel.Lanes;
        var ends = new double[jobs.Count];
        var running = new PriorityQueue<int, double>();
        double now = 0;

        // Seconds of service that a job got which is there from the beginning.
        double served = 0;
        for (int next = 0; next < jobs.Count || running.Count > 0;)
        {
            double speed = Math.Min(1, lanes / Math.Max(1, running.Count));
            double endsAt = running.TryPeek(out int first, out double at)
                ? now + ((at - served) / speed)
                : double.PositiveInfinity;
            if (next < jobs.Count && jobs[next].ArrivesAt <= endsAt)
            {
                served += (jobs[next].ArrivesAt - now) * speed;
                now = jobs[next].ArrivesAt;
                running.Enqueue(next, served + jobs[next].SecondsAlone);
                next++;
            }
            else
            {
                running.Dequeue();
                (now, served) = (endsAt, at);
                ends[first] = endsAt;
            }
        }

        return ends;
    }

    /// <summary>First in, first out: each job has a lane until it ends. Gives the ends, in seconds.</summary>
    public static double[] FirstInFirstOut(IReadOnlyList<ModelJob> jobs, int nodes)
    {
        var free = new PriorityQueue<int, double>();
        for (int lane = 0; lane < nodes * ModelKernel.Lanes; lane++)
        {
            free.Enqueue(lane, 0);
        }

        var ends = new double[jobs.Count];
        for (int i = 0; i < ends.Length; i++)
        {
            free.TryDequeue(out int lane, out double freeAt);
            ends[i] = Math.Max(freeAt, jobs[i].ArrivesAt) + jobs[i].SecondsAlone;
            free.Enqueue(lane, ends[i]);
        }

        return ends;
    }
}
