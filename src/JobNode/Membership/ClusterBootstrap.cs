using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using JobNode.Commands;
using JobNode.Observability;
using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>
/// Makes a node with an empty data directory a member, by the static list of --peers: asks all of them who they are
/// until <see cref="BootstrapDecision"/> has an answer, and answers them in the meantime and ever after.
/// </summary>
/// <param name="identity">Gets the address and the cluster id when they are known.</param>
/// <param name="connections">To ask the peers.</param>
/// <param name="save">Makes a configuration durable: the snapshot at index 1, term 1. Throws when it cannot.</param>
/// <param name="logger">Progress, and what people must put right.</param>
internal sealed class ClusterBootstrap(
    ClusterIdentity identity, PeerConnections connections, Action<ClusterConfiguration> save, ILogger logger)
{
    private const int AskEveryFirstMs = 20;
    private const int AskEveryLastMs = 500;
    private const int AnswerTimeoutMs = 1000;
    private const int SilentFirstMs = 1000;
    private const int LogEveryMs = 5000;

    private readonly Lock _gate = new();
    private readonly BootstrapProgress _progress = new(identity.Self);
    private string _lastReason = "";
    private volatile string _waitsFor = "this node has only just started";
    private volatile bool _roundHasMistake;
    private long _nextLog = Stopwatch.GetTimestamp() + (SilentFirstMs * Stopwatch.Frequency / 1000);

    /// <summary>Why this node is not at work yet, for people; half a sentence. Any thread may ask.</summary>
    public string WaitsFor => _waitsFor;

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

    /// <summary>For a directory that has state: takes address and cluster from it, asks nobody.</summary>
    /// <param name="configuration">What the latest snapshot says.</param>
    /// <param name="advertise">--advertise, or null; one that says something else cannot be followed yet.</param>
    public void Resume(ClusterConfiguration configuration, HostPort? advertise)
    {
        Member? own = configuration.Find(identity.Self);
        Invariant.That(own is not null, "a node's own snapshot holds the node");
        identity.AdvertiseAs(HostPort.Parse(own.Address));
        if (advertise is { } other && other.ToString() != own.Address)
        {
            logger.AdvertiseIgnored(other.ToString(), own.Address);
        }

        Complete(configuration);
    }

    /// <summary>For an empty directory: returns once this node is a member, durably.</summary>
    /// <param name="peers">The list of --peers, as given.</param>
    /// <param name="advertise">--advertise, or null.</param>
    /// <param name="listen">Where the cluster port listens, with its real port.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="FormatException">The list names what nobody can dial, and the message what to do.</exception>
    public async Task<ClusterConfiguration> RunAsync(
        IReadOnlyList<HostPort> peers, HostPort? advertise, HostPort listen, CancellationToken cancellation)
    {
        HostPort? own = advertise ?? (listen.IsWildcard ? null : listen);
        if (peers.Count == 0)
        {
            HostPort alone = own ?? listen with { Host = Dns.GetHostName().ToLowerInvariant() };
            identity.AdvertiseAs(alone);
            ClusterConfiguration configuration = Form([new Member(identity.Self, identity.Address)]);
            logger.ClusterOfOne(PeerProtocol.Format(configuration.ClusterId), identity.Address);
            return configuration;
        }

        own ??= await FindOwnAddressAsync(PeerList.From(peers, null), cancellation);
        identity.AdvertiseAs(own.Value);
        IReadOnlyList<string> list = PeerList.From(peers, own);
        lock (_gate)
        {
            _progress.Start(list, identity.Address);
        }

        return await AgreeAsync(list, cancellation);
    }

    private async Task<ClusterConfiguration> AgreeAsync(IReadOnlyList<string> list, CancellationToken cancellation)
    {
        var pause = new Backoff(AskEveryFirstMs, AskEveryLastMs);
        while (true)
        {
            Dictionary<string, Hello> answers = await AskAllAsync(list, cancellation);
            BootstrapStep step;
            lock (_gate)
            {
                step = _progress.Observe(answers);
            }

            switch (step)
            {
                case BootstrapStep.Decide decide:
                    ClusterConfiguration formed = Form(decide.Members);
                    logger.ClusterFormed(PeerProtocol.Format(formed.ClusterId), PeerList.Format(list));
                    return formed;
                case BootstrapStep.Adopt adopt:
                    save(adopt.Configuration);
                    Complete(adopt.Configuration);
                    logger.ClusterAdopted(PeerProtocol.Format(adopt.Configuration.ClusterId), PeerList.Format(list));
                    return adopt.Configuration;
                case BootstrapStep.Wait wait:
                    Report(wait);
                    break;
            }

            await Task.Delay(pause.Next(), cancellation);
        }
    }

    /// <summary>A node that listens everywhere learns which of the peers it is by asking them all.</summary>
    private async Task<HostPort> FindOwnAddressAsync(IReadOnlyList<string> list, CancellationToken cancellation)
    {
        lock (_gate)
        {
            _progress.Start(list, "");
        }

        var pause = new Backoff(AskEveryFirstMs, AskEveryLastMs);
        while (true)
        {
            Dictionary<string, Hello> answers = await AskAllAsync(list, cancellation);
            foreach (string address in list)
            {
                if (answers.TryGetValue(address, out Hello? answer) && answer.Node == identity.Self)
                {
                    logger.OwnAddressFound(address);
                    return HostPort.Parse(address);
                }
            }

            Report(new BootstrapStep.Wait(
                $"none of --peers ({PeerList.Format(list)}) leads to this node: name it there, or give --advertise",
                NeedsPeople: answers.Count == list.Count));
            await Task.Delay(pause.Next(), cancellation);
        }
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
            if (await TryAskAsync(address, cancellation) is { } answer)
            {
                answers[address] = answer;
            }
        }));
        return new Dictionary<string, Hello>(answers, StringComparer.Ordinal);
    }

    private async Task<Hello?> TryAskAsync(string address, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(AnswerTimeoutMs);
        try
        {
            await using DuplexStream stream =
                await connections.OpenAsync(address, PeerProtocol.HelloPath, patience.Token);
            byte[] bytes = new byte[Hello.BytesMax];
            int length = await stream.Input.ReadAtLeastAsync(
                bytes, bytes.Length, throwOnEndOfStream: false, patience.Token);
            return Hello.Decode(bytes.AsSpan(0, length));
        }
        catch (PeerRefusedException refusal)
        {
            Report(new BootstrapStep.Wait(refusal.Message, NeedsPeople: true));
            return null;
        }
        catch (InvalidDataException error)
        {
            Report(new BootstrapStep.Wait($"{address}: {error.Message}", NeedsPeople: true));
            return null;
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    private ClusterConfiguration Form(IReadOnlyList<Member> members)
    {
        var configuration = new ClusterConfiguration(RandomBits.Next128(), members);
        save(configuration);
        Complete(configuration);
        return configuration;
    }

    private void Complete(ClusterConfiguration configuration)
    {
        identity.Join(configuration.ClusterId);
        _waitsFor = "this node reads its log";
        lock (_gate)
        {
            _progress.Complete(configuration);
        }
    }

    /// <summary>Says why it takes long: mistakes when they are first seen, everything else every few seconds.</summary>
    private void Report(BootstrapStep.Wait wait)
    {
        lock (_gate)
        {
            // A mistake that one peer told must not be hidden by the waiting that it causes.
            _roundHasMistake |= wait.NeedsPeople;
            if (wait.NeedsPeople || !_roundHasMistake)
            {
                _waitsFor = wait.Reason;
            }

            long now = Stopwatch.GetTimestamp();
            bool news = wait.NeedsPeople && wait.Reason != _lastReason;
            if (!news && now < _nextLog)
            {
                return;
            }

            _lastReason = wait.Reason;
            _nextLog = now + (LogEveryMs * Stopwatch.Frequency / 1000);
            if (wait.NeedsPeople)
            {
                logger.BootstrapBlocked(wait.Reason);
            }
            else
            {
                logger.BootstrapWaits(wait.Reason);
            }
        }
    }
}
