using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Clients;

/// <summary>
/// A client as docs/http.md wants it: a random node for every call, an idempotency key, and when the answer is lost or
/// a refusal, the same call again elsewhere until the answer is definite. It also breaks some of its own connections.
/// </summary>
internal sealed class CarefulClient(int number, Random random, LoadContext context, CancellationToken stop)
{
    private const int RetryDelayMs = 20;
    private const int RetryDelayMsMax = 800;
    private const int AttemptMsMin = 500;
    private const int BrokenAfterMsMax = 30;

    /// <summary>Sends a job until it is accepted; gives its id, or null when the load ended first.</summary>
    public async Task<string?> EnqueueAsync(NewJob job)
    {
        string? id = null;
        bool isKnown = await UntilKnownAsync(context.Options.BrokenFraction, async call =>
        {
            (_, id) = await context.Caller.EnqueueAsync(call, job, asForm: random.Next(2) == 0);
            return id is not null;
        });
        return Accept(isKnown, id, job);
    }

    /// <summary>Sends jobs as one batch, and what was not accepted of it alone.</summary>
    public async Task BatchAsync(IReadOnlyList<NewJob> jobs)
    {
        IReadOnlyList<(Answer Answer, string? Id)> answers =
            await context.Caller.BatchAsync(Next(context.Options.BrokenFraction), jobs);
        for (int i = 0; i < jobs.Count; i++)
        {
            if (answers[i].Id is { } id)
            {
                Accept(isKnown: true, id, jobs[i]);
            }
            else
            {
                await EnqueueAsync(jobs[i]);
            }
        }
    }

    /// <summary>Takes results until an answer came; gives how many.</summary>
    public async Task<int> PullAsync(string key, int top)
    {
        IReadOnlyList<JobSeen> jobs = [];
        bool wasUnknown = false;
        bool isKnown = await UntilKnownAsync(4 * context.Options.BrokenFraction, async call =>
        {
            (Answer answer, jobs) = await context.Caller.PullAsync(call, key, top);
            wasUnknown |= answer.Outcome == Outcome.Unknown;
            return answer.Outcome == Outcome.Ok;
        });
        foreach (JobSeen job in jobs)
        {
            context.Open.End(job.Id);
        }

        UnfinishedCall again = new(null, key, null);
        if (!isKnown)
        {
            context.Unfinished.Enqueue(again);
        }
        else if (wasUnknown && jobs.Count == 0)
        {
            context.DoubtfulPulls.Enqueue(again);
        }

        return jobs.Count;
    }

    /// <summary>Cancels a job, or learns that it cannot be cancelled.</summary>
    public async Task CancelAsync(string id)
    {
        bool isKnown = await UntilKnownAsync(context.Options.BrokenFraction, async call =>
        {
            Answer answer = await context.Caller.CancelAsync(call, id);
            if (answer.Outcome == Outcome.Ok)
            {
                context.Open.End(id);
            }

            return answer.Outcome == Outcome.Ok || answer.Status is 404 or 409;
        });
        if (!isKnown)
        {
            context.Unfinished.Enqueue(new UnfinishedCall(null, null, id));
        }
    }

    /// <summary>Reads a job once; null when nobody answered.</summary>
    public async Task<JobSeen?> ReadAsync(string id)
    {
        JobSeen? seen = (await context.Caller.ReadAsync(Next(0), id)).Job;
        if (seen?.State == "cancelled")
        {
            context.Open.End(id);
        }

        return seen;
    }

    /// <summary>Reads a job until somebody answers.</summary>
    public async Task ReadUntilKnownAsync(string id) => await UntilKnownAsync(0, async call =>
    {
        (Answer answer, JobSeen? seen) = await context.Caller.ReadAsync(call, id);
        if (seen?.State == "cancelled")
        {
            context.Open.End(id);
        }

        return seen is not null || answer.Status == 404;
    });

    /// <summary>Lists jobs at a node that has a state of its own to list.</summary>
    public async Task ListAsync(string state, int limit)
    {
        Call call = Next(0);
        if (context.WithLog.GetValueOrDefault(call.Node.Name))
        {
            await context.Caller.ListAsync(call, state, limit);
        }
    }

    /// <summary>Repeats what another client left open.</summary>
    public async Task FinishAsync(UnfinishedCall call)
    {
        if (call.Enqueue is { } job)
        {
            await EnqueueAsync(job);
        }
        else if (call.PullKey is { } key)
        {
            await PullAsync(key, top: 1);
        }
        else
        {
            await CancelAsync(call.CancelId!);
        }
    }

    private string? Accept(bool isKnown, string? id, NewJob job)
    {
        if (!isKnown)
        {
            context.Unfinished.Enqueue(new UnfinishedCall(job, null, null));
            return null;
        }

        context.Open.Begin(id!);
        return id;
    }

    private async Task<bool> UntilKnownAsync(double brokenFraction, Func<Call, Task<bool>> attempt)
    {
        for (int delayMs = RetryDelayMs; ; delayMs = Math.Min(delayMs * 2, RetryDelayMsMax))
        {
            if (await attempt(Next(brokenFraction)))
            {
                return true;
            }

            if (stop.IsCancellationRequested)
            {
                return false;
            }

            brokenFraction /= 2;
            await Task.Delay(random.Next(delayMs / 2, delayMs), CancellationToken.None);
        }
    }

    private Call Next(double brokenFraction)
    {
        IReadOnlyList<LoadNode> nodes = context.Nodes;
        LoadNode node = nodes[random.Next(nodes.Count)];
        int attemptMs = random.Next(AttemptMsMin, (int)context.Options.AttemptTimeoutMax.TotalMilliseconds);
        if (random.NextDouble() >= brokenFraction)
        {
            return new Call(number, node, TimeSpan.FromMilliseconds(attemptMs));
        }

        return random.Next(3) switch
        {
            0 => new Call(number, node, TimeSpan.FromMilliseconds(random.NextDouble() * BrokenAfterMsMax)),
            1 => new Call(number, node, TimeSpan.FromMilliseconds(attemptMs), Breakage.DuringAnswer),
            _ => new Call(number, node, TimeSpan.FromMilliseconds(attemptMs), Breakage.DuringBody),
        };
    }
}
