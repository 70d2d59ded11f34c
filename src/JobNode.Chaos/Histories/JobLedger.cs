namespace JobNode.Chaos.Histories;

/// <summary>Keeps account of every key and id, and finds what contradicts what was answered before.</summary>
internal sealed class JobLedger(Findings findings)
{
    private readonly Dictionary<string, EnqueueTrace> _keys = [];
    private readonly Dictionary<string, JobTrace> _jobs = [];
    private readonly Dictionary<string, PullTrace> _pulls = [];

    /// <summary>All keys of enqueues.</summary>
    public IReadOnlyCollection<EnqueueTrace> Keys => _keys.Values;

    /// <summary>All ids that any answer named.</summary>
    public IReadOnlyCollection<JobTrace> Jobs => _jobs.Values;

    /// <summary>All keys of pulls.</summary>
    public IReadOnlyCollection<PullTrace> Pulls => _pulls.Values;

    /// <summary>The account of an id, begun now if need be.</summary>
    public JobTrace Of(string id, long atUs)
    {
        if (!_jobs.TryGetValue(id, out JobTrace? job))
        {
            job = new JobTrace(id) { FirstSeenUs = atUs };
            _jobs.Add(id, job);
        }

        return job;
    }

    /// <summary>An attempt to send a job.</summary>
    public void Enqueue(Operation operation)
    {
        string key = operation.Key ?? throw new InvalidDataException("an enqueue of a history has a key");
        JobBody body = operation.Body ?? throw new InvalidDataException($"the enqueue '{key}' has a body");
        if (!_keys.TryGetValue(key, out EnqueueTrace? trace))
        {
            trace = new EnqueueTrace(key, body, operation.Iterations);
            _keys.Add(key, trace);
        }

        trace.Attempts++;
        trace.MayBeAccepted |= operation.Outcome != Outcome.Refused;
        if (operation.Outcome != Outcome.Ok)
        {
            return;
        }

        string id = operation.Id ?? throw new InvalidDataException($"the accepted enqueue '{key}' has an id");
        if (trace.Id is not null && trace.Id != id)
        {
            findings.Add(Rule.KeyMadeTwoJobs, operation.AtUs,
                $"{Findings.Name(operation)} was answered with job {id}, but {trace.IdBy} with job {trace.Id}");
            return;
        }

        JobTrace job = Of(id, operation.AtUs);
        if (job.Enqueue is not null && job.Enqueue != trace)
        {
            findings.Add(Rule.KeyMadeTwoJobs, operation.AtUs,
                $"job {id} is the answer to {Findings.Name(operation)}, and to {job.Enqueue.IdBy} as well");
            return;
        }

        if (trace.Id is null)
        {
            (trace.Id, trace.IdBy) = (id, Findings.Name(operation));
            (job.Enqueue, job.AcceptedUs) = (trace, operation.AtUs);
            job.Everywhere.Raise(new Position(0, 1), operation.AtUs);
        }
    }

    /// <summary>An attempt to take results.</summary>
    public void Pull(Operation operation)
    {
        string key = operation.Key ?? throw new InvalidDataException("a pull of a history has a key");
        if (!_pulls.TryGetValue(key, out PullTrace? pull))
        {
            pull = new PullTrace(key);
            _pulls.Add(key, pull);
        }

        if (operation.Outcome != Outcome.Ok)
        {
            pull.WasUnknown |= operation.Outcome == Outcome.Unknown && pull.Batch is null;
            return;
        }

        IReadOnlyList<JobSeen> batch = operation.Jobs ?? [];
        if (pull.Batch is not null)
        {
            CompareBatch(operation, pull, batch);
        }
        else if (batch.Count > 0)
        {
            // An empty answer is not kept under the key, so results may come after it; never the other way round.
            pull.Batch = [.. batch.Select(seen => seen.Id)];
            (pull.BatchBy, pull.BatchUs) = (Findings.Name(operation), operation.AtUs);
        }

        foreach (JobSeen seen in batch)
        {
            Take(operation, pull, seen);
        }
    }

    /// <summary>An attempt to cancel.</summary>
    public void Cancel(Operation operation)
    {
        JobTrace job = Of(operation.Id!, operation.AtUs);
        job.MayBeCancelled |= operation.Outcome != Outcome.Refused;
        if (operation.Outcome == Outcome.Ok)
        {
            job.CancelledBy ??= Findings.Name(operation);
            job.LastState = "cancelled";
            job.LastStateBy = Findings.Name(operation);
            job.Everywhere.Raise(new Position(3, 0), operation.AtUs);
        }
        else if (operation.Status == 404)
        {
            Miss(operation, job);
        }
    }

    /// <summary>An answer says that no job has this id.</summary>
    public void Miss(Operation operation, JobTrace job)
    {
        if (job.Enqueue is { } enqueue && job.AcceptedUs < operation.BeginUs)
        {
            findings.Add(Rule.Lost, operation.AtUs,
                $"job {job.Id} was acknowledged to {enqueue.IdBy}, but is unknown to {Findings.Name(operation)}");
        }
    }

    /// <summary>An answer shows a result, iterations and perhaps a state.</summary>
    public void Show(Operation operation, JobTrace job, JobSeen seen)
    {
        job.Iterations = job.Iterations == 0 ? seen.Iterations : job.Iterations;
        if (seen.Iterations != job.Iterations)
        {
            findings.Add(Rule.WrongResult, operation.AtUs,
                $"job {job.Id} has {seen.Iterations} iterations in {Findings.Name(operation)}, before it had"
                + $" {job.Iterations}");
        }

        if (seen.Result is null)
        {
            return;
        }

        if (job.Result is not null && job.Result != seen.Result)
        {
            findings.Add(Rule.WrongResult, operation.AtUs,
                $"job {job.Id} has the result {Short(seen.Result)} in {Findings.Name(operation)}, but"
                + $" {Short(job.Result)} in {job.ResultBy}");
            return;
        }

        job.Result ??= seen.Result;
        job.ResultBy ??= Findings.Name(operation);
    }

    /// <summary>The begin of a result, enough to tell it from others.</summary>
    public static string Short(string result) => result.Length > 16 ? $"{result[..16]}…" : result;

    private void Take(Operation operation, PullTrace pull, JobSeen seen)
    {
        JobTrace job = Of(seen.Id, operation.AtUs);
        Show(operation, job, seen);
        if (job.PulledBy is null)
        {
            (job.PulledBy, job.PulledUs) = (pull, operation.AtUs);
            job.Everywhere.Raise(new Position(2, 0), operation.AtUs);
        }
        else if (job.PulledBy != pull)
        {
            findings.Add(Rule.PulledTwice, operation.AtUs,
                $"job {job.Id} came with {job.PulledBy.BatchBy} and again with {Findings.Name(operation)}");
        }
    }

    private void CompareBatch(Operation operation, PullTrace pull, IReadOnlyList<JobSeen> batch)
    {
        // An empty answer that was on its way before the batch was taken says nothing against it.
        bool isBefore = batch.Count == 0 && operation.BeginUs < pull.BatchUs;
        if (!isBefore && !batch.Select(seen => seen.Id).SequenceEqual(pull.Batch!))
        {
            string[] now = [.. batch.Select(seen => seen.Id)];
            string missing = string.Join(' ', pull.Batch!.Except(now).Take(3));
            string extra = string.Join(' ', now.Except(pull.Batch!).Take(3));
            findings.Add(Rule.BatchChanged, operation.AtUs,
                $"{Findings.Name(operation)} gave {now.Length} jobs, but {pull.BatchBy} gave {pull.Batch!.Count};"
                + $" missing: {(missing.Length == 0 ? "none" : missing)}, new: {(extra.Length == 0 ? "none" : extra)}");
        }
    }
}
