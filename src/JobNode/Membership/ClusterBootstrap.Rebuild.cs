using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Membership;

/// <content>A node whose data is damaged comes back as a new member, in no other cluster than its own.</content>
internal sealed partial class ClusterBootstrap
{
    /// <summary>
    /// Waits until the rest of the cluster lets this node in. That is a change that a quorum committed, and the old
    /// self has no vote in it: so the others hold all that was acknowledged, and the damaged files may go.
    /// </summary>
    /// <param name="order">Whom to ask.</param>
    /// <param name="advertise">--advertise, or null.</param>
    /// <param name="listen">Where the cluster port listens, with its real port.</param>
    /// <param name="admitted">Puts the damaged files aside; called once, before anything is written.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="FormatException">--peers names what nobody can dial.</exception>
    /// <exception cref="IOException">The files cannot be moved or written.</exception>
    public async Task<ClusterConfiguration> RebuildAsync(
        RebuildOrder order,
        HostPort? advertise,
        HostPort listen,
        Action admitted,
        CancellationToken cancellation)
    {
        HostPort? own = advertise ?? (!listen.IsWildcard ? listen : order.Own);
        var resolver = new PeerResolver(order.Peers, _parts.Expect, _parts.Resolve);
        lock (_gate)
        {
            // Never fresh: nobody forms a cluster with this node.
            _progress.Join();
        }

        var pause = new Backoff(AskEveryFirstMs, AskEveryLastMs);
        while (true)
        {
            string[] asked = order.Peers.Count == 0 ? [] : [.. (await resolver.ResolveAsync(cancellation)).Addresses];
            asked = [.. asked.Union(order.Others).Where(address => address != own?.ToString())];
            Dictionary<string, Hello> answers = await AskAllAsync(asked, cancellation);
            own ??= FindOwn(answers, listen);
            string[] members = [.. answers.Where(a => IsOwnCluster(order, a.Value)).Select(static a => a.Key)];
            if (own is { } known && members.Length > 0 && WhyNotOne(answers, members) is null)
            {
                _identity.AdvertiseAs(known);
                // Who is silent now may be the one that answers later; who is of another cluster refuses.
                IReadOnlyList<string> seeds = order.ClusterId == UInt128.Zero ? members : [.. members.Union(asked)];
                ClusterConfiguration configuration = await AskInAsync(order, seeds, cancellation);
                admitted();
                return SaveJoined(configuration);
            }

            Report(new BootstrapStep.Wait(
                $"{order.Damage}, and no node of its cluster answers yet: start the others ({PeerList.Format(asked)}). "
                    + (WhyNotOne(answers, members) ?? order.Advice),
                NeedsPeople: false));
            await Task.Delay(pause.Next(), cancellation);
        }
    }

    private async Task<ClusterConfiguration> AskInAsync(
        RebuildOrder order, IReadOnlyList<string> seeds, CancellationToken cancellation)
    {
        lock (_gate)
        {
            _progress.MoveTo(_identity.Address);
        }

        var join = new ClusterJoin(
            _parts.Ask,
            (reason, needsPeople) => Report(new BootstrapStep.Wait(
                $"{order.Damage}, and its cluster does not take it in yet: {reason}. {order.Advice}", needsPeople)));
        Announcement announcement = _parts.Describe() with { ClusterId = order.ClusterId };
        ClusterConfiguration configuration = await join.RunAsync(announcement, seeds, cancellation);
        Invariant.That(
            order.ClusterId == UInt128.Zero || configuration.ClusterId == order.ClusterId,
            "a damaged node comes back to its own cluster only");
        return configuration;
    }

    private static bool IsOwnCluster(RebuildOrder order, Hello answer) =>
        answer.Configuration is { } configuration
        && (order.ClusterId == UInt128.Zero || configuration.ClusterId == order.ClusterId);

    private static string? WhyNotOne(Dictionary<string, Hello> answers, string[] members) =>
        members.Select(address => answers[address].Configuration!.ClusterId).Distinct().Count() > 1
            ? "--peers names nodes of different clusters: name only nodes of the one that this node was in"
            : null;

    private HostPort? FindOwn(Dictionary<string, Hello> answers, HostPort listen)
    {
        if (answers.FirstOrDefault(a => a.Value.Node == _identity.Self).Key is { } self)
        {
            return HostPort.Parse(self);
        }

        return answers.FirstOrDefault(static a => a.Value.Configuration is not null).Key is { } member
            && LocalAddressTowards(HostPort.Parse(member)) is { } local
            ? listen with { Host = local.ToString() }
            : null;
    }
}

/// <summary>What a node with damaged data knows of its cluster.</summary>
/// <param name="ClusterId">Its id; zero when no readable file says it.</param>
/// <param name="Own">Where this node was, or null.</param>
/// <param name="Others">Where the others were.</param>
/// <param name="Peers">The list of --peers, as given.</param>
/// <param name="Damage">What is damaged, as half a sentence.</param>
/// <param name="Advice">What people can do, as a sentence without its full stop.</param>
internal sealed record RebuildOrder(
    UInt128 ClusterId,
    HostPort? Own,
    IReadOnlyList<string> Others,
    IReadOnlyList<HostPort> Peers,
    string Damage,
    string Advice);
