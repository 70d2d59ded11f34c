using JobNode.Chaos.Histories;

namespace JobNode.Chaos.Clients;

/// <summary>
/// Load from many careful clients, written into a history. In order: <see cref="Start"/>, as long as it shall last,
/// <see cref="StopAsync"/>, and with every fault healed <see cref="DrainAsync"/>.
/// </summary>
internal sealed class LoadGenerator : IAsyncDisposable
{
    private readonly History _history;
    private readonly Caller _caller;
    private readonly LoadContext _context;
    private readonly CancellationTokenSource _stopLoad = new();
    private readonly CancellationTokenSource _stopProbes = new();
    private readonly List<Task> _clients = [];
    private Task _probes = Task.CompletedTask;
    private long _loadEndedUs;

    /// <summary>Makes the clients; they do not call yet.</summary>
    public LoadGenerator(History history, LoadOptions options, IReadOnlyList<LoadNode> nodes)
    {
        _history = history;
        _caller = new Caller(history);
        _context = new LoadContext(_caller, options, nodes);
    }

    /// <summary>Jobs acknowledged so far.</summary>
    public long Acknowledged => _context.Open.Acknowledged;

    /// <summary>Jobs whose end no client saw yet.</summary>
    public int Open => _context.Open.Ids.Count;

    /// <summary>All clients begin.</summary>
    public void Start()
    {
        _history.Add(new LoadBegan());
        int clients = _context.Options.Clients;
        for (int number = 0; number < clients; number++)
        {
            MixedClient client = new(number, _context, _stopLoad.Token);
            _clients.Add(Task.Run(client.RunAsync));
        }

        LongJobClient longJobs = new(clients, _context, _stopLoad.Token);
        _clients.Add(Task.Run(longJobs.RunAsync));
        _probes = Task.Run(() => new StatusProbes(_history, _context).RunAsync(_stopProbes.Token));
    }

    /// <summary>From now on the clients ask these nodes.</summary>
    public void Use(IReadOnlyList<LoadNode> nodes) => _context.Nodes = nodes;

    /// <summary>Lets every client end the attempt that it is making; the status goes on being asked.</summary>
    public async Task StopAsync()
    {
        await _stopLoad.CancelAsync();
        _history.Add(new LoadEnded());
        _loadEndedUs = _history.NowUs;
        await Task.WhenAll(_clients);
    }

    /// <summary>
    /// Takes and asks after all that is left, and writes down how the cluster is then. True when nothing is left.
    /// </summary>
    public async Task<bool> DrainAsync()
    {
        Drained drained = await new Drain(_context, _loadEndedUs, () => _history.NowUs).RunAsync();
        _history.Add(drained);
        await _stopProbes.CancelAsync();
        await _probes;
        _history.Flush();
        return drained is { Unfinished: 0, Completed: 0, Unanswered: 0 };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopLoad.CancelAsync();
        await _stopProbes.CancelAsync();
        await Task.WhenAll([.. _clients, _probes]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopLoad.Dispose();
        _stopProbes.Dispose();
        _caller.Dispose();
    }
}
