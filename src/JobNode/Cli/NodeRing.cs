using JobNode.Api;

namespace JobNode.Cli;

/// <summary>
/// The node to ask, and when it falls silent the others that it told of: for verbs that go on for long.
/// </summary>
internal sealed class NodeRing(ApiClient first, TimeSpan patience) : IDisposable
{
    /// <summary>Members are asked for once in so many times.</summary>
    private const int LearnEvery = 20;

    /// <summary>They are not worth a longer wait, in milliseconds.</summary>
    private const int LearnTimeoutMs = 2000;

    private readonly Dictionary<string, ApiClient> _clients = new(StringComparer.Ordinal)
    {
        [first.Node.Authority] = first,
    };

    private List<string> _addresses = [first.Node.Authority];
    private int _place;
    private int _asked;
    private bool _knowsAll;

    /// <summary>HOST:PORT of the one to ask.</summary>
    public string Address => _addresses[_place];

    /// <summary>True once any node answered.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>Asks the node; one that does not answer in time counts as unreachable.</summary>
    /// <exception cref="CliFailure">It does not answer, or refuses; <see cref="Turn"/> chooses another.</exception>
    public async Task<T> AskAsync<T>(Func<ApiClient, CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            T answer = await ask(_clients[Address], limit.Token);
            HasAnswered = true;
            return answer;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CliFailure(
                ExitCode.Unreachable, $"{Address} does not answer within {CliText.Duration(patience.TotalSeconds)}.")
            {
                IsPassing = true,
            };
        }
    }

    /// <summary>
    /// Notes where the others are, now and then, and each time while some have not told their leader yet; the one that
    /// was named on the command line stays among them.
    /// </summary>
    public async Task LearnAsync(CancellationToken cancellation)
    {
        if (_asked++ % LearnEvery != 0 && _knowsAll)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(LearnTimeoutMs);
        try
        {
            string self = Address;
            MembersResponse known = await _clients[self].GetAsync(
                "/members", ApiJsonContext.Default.MembersResponse, limit.Token);
            IEnumerable<string> others = known.Members
                .Select(member => member.ApiAddress)
                .OfType<string>()
                .Where(address => Uri.IsWellFormedUriString($"http://{address}", UriKind.Absolute))
                .Order(StringComparer.Ordinal);
            _knowsAll = known.Members.All(static member => member.ApiAddress is not null);
            if (!_knowsAll)
            {
                // A new leader was not told all of them yet: those known before are kept until it was.
                others = others.Concat(_addresses);
            }

            _addresses = [.. others.Prepend(first.Node.Authority).Prepend(self).Distinct(StringComparer.Ordinal)];
            _place = 0;
        }
        catch (Exception error) when (error is CliFailure or OperationCanceledException)
        {
            // Without a leader nobody tells who the members are; those known are asked meanwhile.
        }
    }

    /// <summary>The next node, if any other is known.</summary>
    public void Turn()
    {
        _place = (_place + 1) % _addresses.Count;
        if (!_clients.ContainsKey(Address))
        {
            _clients.Add(Address, first.OfAnother(Address));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ApiClient client in _clients.Values)
        {
            client.Dispose();
        }
    }
}
