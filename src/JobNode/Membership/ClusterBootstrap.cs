using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Observability;
using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>
/// Makes a node with an empty data directory a member: asks all of --peers who they are until
/// <see cref="BootstrapDecision"/> has an answer (form a cluster, or join the one that is there), and answers them in
/// the meantime and ever after.
/// </summary>
internal sealed partial class ClusterBootstrap
{
    /// <summary>Index of the snapshot of a node that joins: it holds no state and no log.</summary>
    public const ulong JoinIndex = 0;

    private const int AskEveryFirstMs = 20;
    private const int AskEveryLastMs = 500;

    private readonly Lock _gate = new();
    private readonly ClusterIdentity _identity;
    private readonly BootstrapParts _parts;
    private readonly ILogger _logger;
    private readonly BootstrapProgress _progress;

    /// <summary>Makes one that has not looked around yet.</summary>
    /// <param name="identity">Gets the address and the cluster id when they are known.</param>
    /// <param name="parts">What it works with.</param>
    /// <param name="logger">Progress, and what people must put right.</param>
    public ClusterBootstrap(ClusterIdentity identity, BootstrapParts parts, ILogger logger)
    {
        _identity = identity;
        _parts = parts;
        _logger = logger;
        _progress = new BootstrapProgress(identity.Self);
    }

    /// <summary>Serves <see cref="PeerProtocol.HelloPath"/>.</summary>
    public async Task AcceptHelloAsync(NodeId from, DuplexStream stream, CancellationToken cancellation)
    {
        Invariant.That(from != NodeId.None, "a hello has a sender");
        byte[] answer;
        lock (_gate)
        {
            answer = _progress.Hello.Encode();
        }

        await stream.Output.WriteAsync(answer, cancellation);
        await stream.Output.FlushAsync(cancellation);
    }

    /// <summary>For a directory that has state: takes the cluster from it, asks nobody.</summary>
    /// <param name="index">Of the latest snapshot.</param>
    /// <param name="configuration">What it says.</param>
    /// <param name="advertise">--advertise, or null.</param>
    /// <param name="listen">Where the cluster port listens, with its real port.</param>
    /// <exception cref="IOException">This node is not a member any more; the message says what to do.</exception>
    public void Resume(ulong index, ClusterConfiguration configuration, HostPort? advertise, HostPort listen)
    {
        if (configuration.Find(_identity.Self) is not { } own)
        {
            throw new IOException(
                $"this node ({_identity.Self}) was removed from the cluster, and a removed node never comes back: "
                + "start with an empty --data-dir to join as a new member");
        }

        HostPort address = advertise ?? (listen.IsWildcard ? HostPort.Parse(own.Address) : listen);
        _identity.AdvertiseAs(address);
        if (_identity.Address != own.Address)
        {
            _logger.AddressChanged(own.Address, _identity.Address);
        }

        Complete(configuration, index == RaftLoop.BootstrapIndex);
    }

    /// <summary>A node that goes on learned that it is at another address.</summary>
    public void MoveTo(HostPort address)
    {
        _logger.AddressChanged(_identity.Address, address.ToString());
        _identity.AdvertiseAs(address);
        lock (_gate)
        {
            _progress.MoveTo(_identity.Address);
        }
    }

    /// <summary>For an empty directory: returns once this node is a member, durably.</summary>
    /// <param name="peers">The list of --peers, as given.</param>
    /// <param name="advertise">--advertise, or null.</param>
    /// <param name="listen">Where the cluster port listens, with its real port.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="FormatException">The list names what nobody can dial, and the message what to do.</exception>
    /// <exception cref="IOException">The cluster that it should join has removed it.</exception>
    public async Task<ClusterConfiguration> RunAsync(
        IReadOnlyList<HostPort> peers, HostPort? advertise, HostPort listen, CancellationToken cancellation)
    {
        HostPort? own = advertise ?? (listen.IsWildcard ? null : listen);
        if (peers.Count == 0)
        {
            HostPort alone = own ?? listen with { Host = Dns.GetHostName().ToLowerInvariant() };
            _identity.AdvertiseAs(alone);
            ClusterConfiguration configuration = Form([new Member(_identity.Self, _identity.Address)]);
            _logger.ClusterOfOne(PeerProtocol.Format(configuration.ClusterId), _identity.Address);
            return configuration;
        }

        var resolver = new PeerResolver(peers, _parts.Expect, _parts.Resolve);
        var search = new PeerSearch(peers, own, _parts.Expect, resolver) { OnlyJoins = _parts.OnlyJoins };
        if (own is { } known)
        {
            _identity.AdvertiseAs(known);
        }

        var pause = new Backoff(AskEveryFirstMs, AskEveryLastMs);
        while (true)
        {
            if (await TryOnceAsync(search, listen, cancellation) is { } configuration)
            {
                return configuration;
            }

            await Task.Delay(pause.Next(), cancellation);
        }
    }

    /// <summary>One round: ask all, look, do what follows. Null when this node has to wait.</summary>
    private async Task<ClusterConfiguration?> TryOnceAsync(
        PeerSearch search, HostPort listen, CancellationToken cancellation)
    {
        await search.LookAsync(cancellation);
        lock (_gate)
        {
            _progress.Start(search.List, search.List.Count == 0 ? "" : search.Own?.ToString() ?? "");
        }

        Dictionary<string, Hello> answers = await AskAllAsync(search.Asked, cancellation);
        FindOwnAddress(search, answers, listen);
        BootstrapStep step = Observe(search, answers);
        switch (step)
        {
            case BootstrapStep.Decide decide:
                ClusterConfiguration formed = Form(decide.Members);
                _logger.ClusterFormed(PeerProtocol.Format(formed.ClusterId), PeerList.Format(search.List));
                return formed;
            case BootstrapStep.Adopt adopt:
                _parts.Save(RaftLoop.BootstrapIndex, adopt.Configuration);
                Complete(adopt.Configuration, isFirst: true);
                _logger.ClusterAdopted(
                    PeerProtocol.Format(adopt.Configuration.ClusterId), PeerList.Format(search.List));
                return adopt.Configuration;
            case BootstrapStep.Join join:
                return await JoinAsync(join.Addresses, cancellation);
            default:
                Report(search.Changed is { } changed
                    ? new BootstrapStep.Wait(changed, NeedsPeople: true)
                    : (BootstrapStep.Wait)step);
                return null;
        }
    }

    private BootstrapStep Observe(PeerSearch search, Dictionary<string, Hello> answers)
    {
        if (search.Own is null)
        {
            return new BootstrapStep.Wait(search.SayNoOwnAddress(answers.Count), answers.Count == search.Asked.Count);
        }

        lock (_gate)
        {
            if (search.List.Count > 0)
            {
                if (_progress.Hello.Address.Length == 0)
                {
                    return new BootstrapStep.Wait("this node has just found its own address", NeedsPeople: false);
                }

                return _progress.Observe(answers);
            }

            string[] members =
            [
                .. answers.Where(static a => a.Value.Configuration is not null).Select(static a => a.Key),
            ];
            if (members.Length == 0)
            {
                return new BootstrapStep.Wait(search.SayIncomplete(), NeedsPeople: false);
            }

            _progress.Join();
            return new BootstrapStep.Join(members);
        }
    }

    /// <summary>A node that listens everywhere learns which of the peers it is by asking them all.</summary>
    private void FindOwnAddress(PeerSearch search, Dictionary<string, Hello> answers, HostPort listen)
    {
        string? self = answers.FirstOrDefault(a => a.Value.Node == _identity.Self).Key;
        if (self is not null && (search.Own is null || search.MustFindItself))
        {
            _logger.OwnAddressFound(self);
            search.Found(HostPort.Parse(self));
            _identity.AdvertiseAs(HostPort.Parse(self));
        }
        else if (search.Own is null && answers.FirstOrDefault(a => a.Value.Configuration is not null).Key is { } member
            && LocalAddressTowards(HostPort.Parse(member)) is { } local)
        {
            // A cluster is there, and its leader will try the address before it lets this node in.
            search.Found(listen with { Host = local.ToString() });
            _identity.AdvertiseAs(search.Own!.Value);
            _logger.OwnAddressFound(_identity.Address);
        }
    }

    /// <summary>The address of this machine that packets to the other one would carry; nothing is sent.</summary>
    private static IPAddress? LocalAddressTowards(HostPort other)
    {
        try
        {
            IPAddress[] found = Dns.GetHostAddresses(other.Host);
            using var socket = new Socket(found[0].AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(found[0], other.Port);
            return (socket.LocalEndPoint as IPEndPoint)?.Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private async Task<ClusterConfiguration> JoinAsync(
        IReadOnlyList<string> members, CancellationToken cancellation)
    {
        _logger.ClusterFound(PeerList.Format(members));
        lock (_gate)
        {
            _progress.MoveTo(_identity.Address);
        }

        var join = new ClusterJoin(
            _parts.Ask, (reason, needsPeople) => Report(new BootstrapStep.Wait(reason, needsPeople)));
        return SaveJoined(await join.RunAsync(_parts.Describe(), members, cancellation));
    }

    private ClusterConfiguration SaveJoined(ClusterConfiguration configuration)
    {
        _parts.Save(JoinIndex, configuration);
        Complete(configuration, isFirst: false);
        _logger.ClusterJoined(
            PeerProtocol.Format(configuration.ClusterId), _identity.Address, configuration.Members.Count);
        return configuration;
    }

    private async Task<Dictionary<string, Hello>> AskAllAsync(
        IReadOnlyList<string> list, CancellationToken cancellation)
    {
        // One question per address at a time, and none whose answer could come after the next one's:
        // BootstrapDecision relies on it.
        var answers = new ConcurrentDictionary<string, Hello>(StringComparer.Ordinal);
        _roundHasMistake = false;
        await Task.WhenAll(list.Select(async address =>
        {
            HelloReply reply = await _parts.Hello(address, cancellation);
            if (reply.Answer is { } answer)
            {
                answers[address] = answer;
            }
            else if (reply.NeedsPeople)
            {
                Report(new BootstrapStep.Wait(reply.Failure, NeedsPeople: true));
            }
        }));
        return new Dictionary<string, Hello>(answers, StringComparer.Ordinal);
    }

    private ClusterConfiguration Form(IReadOnlyList<Member> members)
    {
        var configuration = new ClusterConfiguration(RandomBits.Next128(), members);
        _parts.Save(RaftLoop.BootstrapIndex, configuration);
        Complete(configuration, isFirst: true);
        return configuration;
    }

    private void Complete(ClusterConfiguration configuration, bool isFirst)
    {
        _identity.Join(configuration.ClusterId);
        _waitsFor = "this node reads its log";
        lock (_gate)
        {
            _progress.Complete(configuration, _identity.Address, isFirst);
        }
    }
}

/// <summary>What <see cref="ClusterBootstrap"/> works with.</summary>
/// <param name="Hello">Asks an address who is there.</param>
/// <param name="Ask">Sends an announcement to an address.</param>
/// <param name="Describe">What this node says of itself when it joins.</param>
/// <param name="Save">Makes a configuration durable as the snapshot at this index. Throws when it cannot.</param>
/// <param name="Resolve">The addresses of a host name.</param>
/// <param name="Expect">--bootstrap-expect, or null.</param>
internal sealed record BootstrapParts(
    Func<string, CancellationToken, Task<HelloReply>> Hello,
    Func<string, Announcement, CancellationToken, Task<AnnounceAnswer>> Ask,
    Func<Announcement> Describe,
    Action<ulong, ClusterConfiguration> Save,
    Func<string, CancellationToken, Task<IPAddress[]>> Resolve,
    int? Expect)
{
    /// <summary>--compute-only: forms no cluster, and is not counted by those that do.</summary>
    public bool OnlyJoins { get; init; }
}
