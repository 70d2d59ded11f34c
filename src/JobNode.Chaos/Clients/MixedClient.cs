namespace JobNode.Chaos.Clients;

/// <summary>Sends, takes, reads, lists and cancels at random, at an even rate while all is well.</summary>
internal sealed class MixedClient(int number, LoadContext context, CancellationToken stop)
{
    private const int RememberedMax = 200;
    private const int BatchMax = 20;
    private const int PullTopMax = 200;
    private const int ListMax = 20;

    /// <summary>A cancelled job's length: a fraction of a second, so that most cancels come in time.</summary>
    private const ulong CancelIterationsMin = 500_000;

    private const ulong CancelIterationsMax = 2_000_000;

    private static readonly string[] States = ["pending", "completed", "pulled", "cancelled"];

    private readonly Random _random = new(HashCode.Combine(context.Options.Seed, number));
    private readonly List<string> _remembered = [];

    /// <summary>Goes on until the load ends; finishes the call that it is making.</summary>
    public async Task RunAsync()
    {
        CarefulClient client = new(number, _random, context, stop);
        JobMix mix = new(number, context.Options.Seed, _random);
        double meanMs = 1000.0 * context.Options.Clients / context.Options.CallsPerSecond;
        while (!stop.IsCancellationRequested)
        {
            long begin = Environment.TickCount64;
            await StepAsync(client, mix);
            double pauseMs = (-Math.Log(1 - _random.NextDouble()) * meanMs) - (Environment.TickCount64 - begin);
            if (pauseMs > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(pauseMs), CancellationToken.None);
            }
        }
    }

    private async Task StepAsync(CarefulClient client, JobMix mix)
    {
        switch (_random.Next(100))
        {
            case < 55:
                Remember(await client.EnqueueAsync(mix.Small()));
                break;
            case < 60:
                await client.BatchAsync([.. Enumerable.Range(0, _random.Next(2, BatchMax)).Select(_ => mix.Small())]);
                break;
            case < 78:
                await client.PullAsync(mix.NextKey(), _random.Next(1, PullTopMax));
                break;
            case < 90 when _remembered.Count > 0:
                await client.ReadAsync(_remembered[_random.Next(_remembered.Count)]);
                break;
            case < 94:
                await client.ListAsync(States[_random.Next(States.Length)], ListMax);
                break;
            case < 96 when _remembered.Count > 0:
                await client.CancelAsync(_remembered[_random.Next(_remembered.Count)]);
                break;
            case < 98:
                await SendAndCancelAsync(client, mix);
                break;
            default:
                Remember(await client.EnqueueAsync(mix.Small()));
                break;
        }
    }

    private async Task SendAndCancelAsync(CarefulClient client, JobMix mix)
    {
        if (await client.EnqueueAsync(mix.Long(CancelIterationsMin, CancelIterationsMax)) is { } id)
        {
            await client.CancelAsync(id);
            Remember(id);
        }
    }

    private void Remember(string? id)
    {
        if (id is not null && _remembered.Count < RememberedMax)
        {
            _remembered.Add(id);
        }
        else if (id is not null)
        {
            _remembered[_random.Next(RememberedMax)] = id;
        }
    }
}
