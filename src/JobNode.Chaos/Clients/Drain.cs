using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Clients;

/// <summary>
/// The end of a run, when every fault is healed: open calls get their answer, all work is finished, everything is
/// pulled, and what nobody accounted for is read.
/// </summary>
internal sealed class Drain(LoadContext context, long loadEndedUs, Func<long> nowUs)
{
    private const int Client = -2;
    private const int PullTop = 1000;
    private const int StepMs = 200;

    /// <summary>How long a call that its client gave up can still be under way in the cluster.</summary>
    private const long CallsEndUs = 15_000_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Drains, for as long as the options allow.</summary>
    public async Task<Drained> RunAsync()
    {
        using CancellationTokenSource limit = new(context.Options.DrainTimeout);
        Random random = new(context.Options.Seed);
        CarefulClient client = new(Client, random, context, limit.Token);
        JobMix mix = new(Client, context.Options.Seed, random);
        await FinishAsync(client, [.. Taken(context.Unfinished)], limit.Token);
        await WaitUntilAsync(static status => status.Unfinished == 0, limit.Token);
        long waitUs = CallsEndUs - (nowUs() - loadEndedUs);
        if (waitUs > 0)
        {
            await Task.Delay(TimeSpan.FromMicroseconds(waitUs), CancellationToken.None);
        }

        UnfinishedCall[] doubtful = [.. Taken(context.DoubtfulPulls)];
        await FinishAsync(client, doubtful, limit.Token);
        context.DoubtfulPulls.Clear();
        await PullAllAsync(client, mix, limit.Token);
        foreach (string id in context.Open.Ids)
        {
            if (!limit.IsCancellationRequested)
            {
                await client.ReadUntilKnownAsync(id);
            }
        }

        StatusSeen last = await WaitUntilAsync(static status => status.Unfinished + status.Completed == 0, limit.Token);
        return new Drained
        {
            Unfinished = last.Unfinished,
            Completed = last.Completed,
            Unanswered = context.Unfinished.Count,
        };
    }

    private static IEnumerable<UnfinishedCall> Taken(
        System.Collections.Concurrent.ConcurrentQueue<UnfinishedCall> calls)
    {
        while (calls.TryDequeue(out UnfinishedCall? call))
        {
            yield return call;
        }
    }

    private async Task FinishAsync(CarefulClient client, UnfinishedCall[] calls, CancellationToken limit)
    {
        foreach (UnfinishedCall call in calls)
        {
            if (limit.IsCancellationRequested)
            {
                context.Unfinished.Enqueue(call);
            }
            else
            {
                await client.FinishAsync(call);
            }
        }
    }

    /// <summary>Until every node answers and says so, or the time is over.</summary>
    private async Task<StatusSeen> WaitUntilAsync(Func<StatusSeen, bool> isDone, CancellationToken limit)
    {
        while (true)
        {
            StatusSeen? status = await AskAsync();
            if ((status is not null && isDone(status)) || limit.IsCancellationRequested)
            {
                return status ?? new StatusSeen { Unfinished = -1 };
            }

            await Task.Delay(StepMs, CancellationToken.None);
        }
    }

    /// <summary>Until as many pulls in a row as there are nodes found nothing.</summary>
    private async Task PullAllAsync(CarefulClient client, JobMix mix, CancellationToken limit)
    {
        for (int empty = 0; empty <= context.Nodes.Count && !limit.IsCancellationRequested;)
        {
            empty = await client.PullAsync(mix.NextKey(), PullTop) == 0 ? empty + 1 : 0;
        }
    }

    /// <summary>The status with the most left, of all nodes that answer; null when one of them does not.</summary>
    private async Task<StatusSeen?> AskAsync()
    {
        StatusSeen[] all = await Task.WhenAll(
            context.Nodes.Select(node => context.Caller.StatusAsync(new Call(Client, node, Patience))));
        return all.Any(status => status.NodeId is null)
            ? null
            : all.MaxBy(status => status.Unfinished + status.Completed);
    }
}
