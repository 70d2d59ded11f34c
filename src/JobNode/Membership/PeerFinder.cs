using JobNode.Commands;
using JobNode.Observability;
using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>
/// For a node that goes on after a restart: while it knows no leader it asks all of --peers who they are, and remembers
/// where the other members are now. So a cluster whose addresses all changed finds itself when it is told the new ones.
/// </summary>
internal sealed class PeerFinder(
    ClusterIdentity identity,
    PeerResolver resolver,
    Func<string, CancellationToken, Task<HelloReply>> ask,
    StatusBoard board,
    PeerDirectory directory,
    Announcer announcer,
    ILogger logger)
{
    private const int EveryMs = 500;
    private const int PatienceMs = 1500;

    private string _said = "";

    /// <summary>This node was found at an address of --peers that is not the one it has.</summary>
    public Action<HostPort>? FoundSelf { get; init; }

    /// <summary>Asks until cancelled, whenever no leader is known.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                ConsensusStatus status = board.Current;
                if (status.Leader != NodeId.None)
                {
                    await board.WaitForChangeAsync(status, cancellation);
                    await Task.Delay(PatienceMs, cancellation);
                    continue;
                }

                await AskOnceAsync(cancellation);
                await Task.Delay(EveryMs, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task AskOnceAsync(CancellationToken cancellation)
    {
        ResolvedPeers peers = await resolver.ResolveAsync(cancellation);
        HelloReply[] replies = await Task.WhenAll(
            peers.Addresses.Select(address => ask(address, cancellation)));
        var seeds = new List<string>();
        string? self = null;
        bool isWhereItThinks = false;
        for (int i = 0; i < replies.Length; i++)
        {
            string address = peers.Addresses[i];
            if (replies[i].Answer is not { } answer)
            {
                continue;
            }

            if (answer.Node == identity.Self)
            {
                isWhereItThinks |= address == identity.Address;
                self = address;
            }
            else if (answer.Configuration?.ClusterId == identity.ClusterId)
            {
                directory.Note(answer.Node, address);
                seeds.Add(address);
            }
            else if (answer.Configuration is not null)
            {
                Say($"{address} is in another cluster: name only nodes of this one in --peers");
            }
        }

        announcer.Seeds = seeds;
        if (self is not null && !isWhereItThinks)
        {
            FoundSelf?.Invoke(HostPort.Parse(self));
        }
    }

    private void Say(string reason)
    {
        if (_said != reason)
        {
            _said = reason;
            logger.BootstrapBlocked(reason);
        }
    }
}
