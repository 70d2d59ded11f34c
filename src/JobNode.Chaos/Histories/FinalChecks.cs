namespace JobNode.Chaos.Histories;

/// <summary>
/// What can be said only at the end: how every job ended, whose it was, and whether its result is right.
/// </summary>
internal sealed class FinalChecks(JobLedger ledger, Findings findings, long endUs)
{
    private long _resultsCompared;

    /// <summary>Results compared with the oracle.</summary>
    public long ResultsCompared => _resultsCompared;

    /// <summary>Checks everything.</summary>
    public void Check()
    {
        foreach (JobTrace job in ledger.Jobs)
        {
            CheckEnd(job);
            CheckCancel(job);
        }

        CheckStrangers();
        CheckResults();
    }

    private void CheckEnd(JobTrace job)
    {
        if (job.PulledBy is not null || job.CancelledBy is not null)
        {
            return;
        }

        string accepted = job.Enqueue is { } enqueue
            ? $"job {job.Id} was acknowledged to {enqueue.IdBy}"
            : $"job {job.Id} was not acknowledged";
        if (job.LastState == "pulled")
        {
            findings.Add(Rule.PullAnswerLost, endUs,
                $"{accepted} and is pulled according to {job.LastStateBy}, but no answer to any pull gave it");
        }
        else if (job.Enqueue is not null)
        {
            findings.Add(Rule.Lost, endUs, $"{accepted}, but neither pulled nor cancelled; "
                + (job.LastState is null ? "nobody saw it again" : $"last seen {job.LastState} in {job.LastStateBy}"));
        }
    }

    private void CheckCancel(JobTrace job)
    {
        if (job.CancelledBy is not { } cancelled)
        {
            return;
        }

        if (job.PulledBy is { } pull)
        {
            findings.Add(Rule.CancelBroken, job.PulledUs,
                $"job {job.Id} is cancelled according to {cancelled}, and yet came with {pull.BatchBy}");
        }
        else if (job.Result is not null)
        {
            findings.Add(Rule.CancelBroken, endUs,
                $"job {job.Id} is cancelled according to {cancelled}, and yet has a result in {job.ResultBy}");
        }

        if (!job.MayBeCancelled)
        {
            findings.Add(Rule.CancelBroken, endUs,
                $"job {job.Id} is cancelled according to {cancelled}, though no cancel of it was accepted");
        }
    }

    /// <summary>
    /// Ids that no enqueue was answered with. Each may be that of one enqueue whose outcome nobody knows, and of no
    /// other.
    /// </summary>
    private void CheckStrangers()
    {
        JobTrace[] strangers = [.. ledger.Jobs.Where(job => job is { Enqueue: null, Iterations: > 0 })];
        if (strangers.Length == 0)
        {
            return;
        }

        List<EnqueueTrace> open = [.. ledger.Keys.Where(key => key is { Id: null, MayBeAccepted: true })];
        // Those whose result tells whose they are come first.
        foreach (JobTrace job in strangers.OrderBy(job => job.Result is null))
        {
            int match = open.FindIndex(key => key.Iterations == job.Iterations
                && (job.Result is null || job.Result == Oracle.Result(key.Body, key.Iterations)));
            if (match >= 0)
            {
                open.RemoveAt(match);
                continue;
            }

            findings.Add(Rule.NeverSent, job.FirstSeenUs,
                $"job {job.Id} of {job.Iterations} iterations"
                + (job.ResultBy is null ? $" is in {job.LastStateBy}" : $" has a result in {job.ResultBy}")
                + ", but no enqueue was answered with this id and none that may have been accepted fits it");
        }
    }

    private void CheckResults()
    {
        JobTrace[] jobs = [.. ledger.Jobs
            .Where(job => job is { Enqueue: not null, Result: not null })
            .OrderBy(job => job.Enqueue!.Body.Name, StringComparer.Ordinal)
            .ThenBy(job => job.Enqueue!.Body.Length)
            .ThenBy(job => job.Enqueue!.Iterations)];
        List<(int Begin, int End)> bodies = [];
        for (int begin = 0, end; begin < jobs.Length; begin = end)
        {
            for (end = begin + 1; end < jobs.Length && jobs[end].Enqueue!.Body == jobs[begin].Enqueue!.Body;)
            {
                end++;
            }

            bodies.Add((begin, end));
        }

        Parallel.ForEach(bodies, body => CheckResults(jobs.AsSpan(body.Begin..body.End).ToArray()));
    }

    private void CheckResults(JobTrace[] jobs)
    {
        Oracle.Walk(
            jobs[0].Enqueue!.Body,
            [.. jobs.Select(job => job.Enqueue!.Iterations)],
            (place, expected) => Compare(jobs[place], expected));
        Interlocked.Add(ref _resultsCompared, jobs.Length);
    }

    private void Compare(JobTrace job, string expected)
    {
        EnqueueTrace enqueue = job.Enqueue!;
        if (job.Result == expected && job.Iterations == enqueue.Iterations)
        {
            return;
        }

        lock (findings)
        {
            findings.Add(Rule.WrongResult, job.PulledBy is null ? endUs : job.PulledUs,
                $"job {job.Id} of {enqueue.IdBy} with {enqueue.Iterations} iterations has the result"
                + $" {JobLedger.Short(job.Result!)} of {job.Iterations} iterations in {job.ResultBy}; the oracle says"
                + $" {JobLedger.Short(expected)}");
        }
    }
}
