using System.Collections.Concurrent;
using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Clients;

/// <summary>
/// Asks every node for its status again and again, so that the history knows who led, and every digest.
/// </summary>
internal sealed class StatusProbes(History history, LoadContext context)
{
    private const int Client = -1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Task> _underWay = new();
    private (string Node, ulong Term) _leader;

    /// <summary>Goes on until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using PeriodicTimer timer = new(context.Options.ProbePeriod);
        while (!stop.IsCancellationRequested)
        {
            foreach (LoadNode node in context.Nodes)
            {
                // A node that does not answer is asked again when the question before was given up.
                if (!_underWay.TryGetValue(node.Name, out Task? before) || before.IsCompleted)
                {
                    await (before ?? Task.CompletedTask);
                    _underWay[node.Name] = AskAsync(node);
                }
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(_underWay.Values);
    }

    private async Task AskAsync(LoadNode node)
    {
        StatusSeen status = await context.Caller.StatusAsync(new Call(Client, node, Patience));
        if (status.Role is not null)
        {
            context.WithLog[node.Name] = status.Role is "leader" or "voter" or "stand-by";
        }

        if (status.Role == "leader" && _leader != (node.Name, status.Term))
        {
            _leader = (node.Name, status.Term);
            history.LeaderSeen(node.Name, status.Term);
        }
    }
}
