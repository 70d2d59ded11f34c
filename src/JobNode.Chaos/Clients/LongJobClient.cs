using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Clients;

/// <summary>
/// Keeps some long jobs under way and looks at them all the time: they are what checkpoints and resumption are for.
/// </summary>
internal sealed class LongJobClient(int number, LoadContext context, CancellationToken stop)
{
    private const int LookPeriodMs = 400;
    private const int ListMax = 50;

    private readonly Random _random = new(HashCode.Combine(context.Options.Seed, number));

    /// <summary>Goes on until the load ends.</summary>
    public async Task RunAsync()
    {
        CarefulClient client = new(number, _random, context, stop);
        JobMix mix = new(number, context.Options.Seed, _random);
        List<string> running = [];
        while (!stop.IsCancellationRequested)
        {
            while (running.Count < context.Options.LongJobs && !stop.IsCancellationRequested)
            {
                NewJob job = mix.Long(context.Options.LongIterationsMax / 10, context.Options.LongIterationsMax);
                if (await client.EnqueueAsync(job) is { } id)
                {
                    running.Add(id);
                }
            }

            foreach (string id in running.ToArray())
            {
                JobSeen? seen = await client.ReadAsync(id);
                if (seen?.State is "completed" or "pulled" or "cancelled")
                {
                    running.Remove(id);
                }
            }

            await client.ListAsync("pending", ListMax);
            await Task.Delay(LookPeriodMs, CancellationToken.None);
        }
    }
}
