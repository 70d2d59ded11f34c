using System.Runtime.CompilerServices;
using System.Text;

namespace JobNode.Load;

/// <summary>One client of a jobnode cluster: begins at one node, goes on to the next when that is lost.</summary>
internal sealed class JobClient : ILoadClient
{
    private readonly JobCalls _calls;
    private readonly IReadOnlyList<HttpTarget> _targets;
    private readonly byte[] _wait;
    private readonly Range _waitId;
    private int _next;
    private volatile HttpExchange? _exchange;

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="calls">What to call.</param>
    /// <param name="targets">All nodes.</param>
    /// <param name="number">Counts the clients, so that they are spread over the nodes.</param>
    public JobClient(JobCalls calls, IReadOnlyList<HttpTarget> targets, int number)
    {
        _calls = calls;
        _targets = targets;
        _next = number;
        (_wait, _waitId) = calls.MakeWait();
    }

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        _exchange?.Dispose();
        HttpTarget target = _targets[_next++ % _targets.Count];
        _exchange = new HttpExchange(await target.ConnectAsync(cancellation));
    }

    /// <inheritdoc/>
    public async ValueTask<LoadOutcome> CallAsync()
    {
        if (!_exchange!.IsOpen)
        {
            _next--;
            await OpenAsync(CancellationToken.None);
        }

        return _calls.Call switch
        {
            JobCall.Enqueue => Judge(await _exchange.SendAsync(_calls.Enqueue), "{\"id\":\""u8),
            JobCall.Pull => await PullAsync(),
            JobCall.Roundtrip => await EnqueueAsync() ?? await WaitAsync(),
            _ => await EnqueueAsync() ?? await PullOwnAsync(),
        };
    }

    /// <inheritdoc/>
    public void Cut() => _exchange?.Dispose();

    /// <inheritdoc/>
    public void Dispose() => _exchange?.Dispose();

    /// <summary>Notes the id in the request that waits; gives what went wrong, or null.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<LoadOutcome?> EnqueueAsync()
    {
        HttpAnswer answer = await _exchange!.SendAsync(_calls.Enqueue);
        LoadOutcome outcome = Judge(answer, "{\"id\":\""u8);
        if (outcome.Jobs == 0)
        {
            return outcome;
        }

        Span<byte> id = _wait.AsSpan(_waitId);
        answer.Body.Span.Slice("{\"id\":\"".Length, id.Length).CopyTo(id);
        return null;
    }

    private async ValueTask<LoadOutcome> PullAsync() =>
        Judge(await _exchange!.SendAsync(_calls.Pull), "\"result\":\""u8);

    private async ValueTask<LoadOutcome> WaitAsync()
    {
        HttpAnswer answer = await _exchange!.SendAsync(_wait);
        LoadOutcome outcome = Judge(answer, "\"result\":\""u8);
        return outcome is { Jobs: 0, Error: null } ? new LoadOutcome(0, "no result within the wait") : outcome;
    }

    /// <summary>Pulls; when nothing is there, waits for the own result first.</summary>
    private async ValueTask<LoadOutcome> PullOwnAsync()
    {
        LoadOutcome pulled = await PullAsync();
        if (pulled is { Jobs: 0, Error: null })
        {
            LoadOutcome waited = await WaitAsync();
            pulled = waited.Error is null ? await PullAsync() : waited;
        }

        return pulled;
    }

    /// <summary>Counts what stands for a job each; anything that is refused names its problem.</summary>
    private static LoadOutcome Judge(HttpAnswer answer, ReadOnlySpan<byte> mark)
    {
        ReadOnlySpan<byte> body = answer.Body.Span;
        int jobs = answer.Status == 200 ? body.Count(mark) : 0;
        int problemAt = body.IndexOf("/problems/"u8);
        if (problemAt < 0 && answer.Status == 200)
        {
            return new LoadOutcome(jobs);
        }

        ReadOnlySpan<byte> problem = problemAt < 0 ? [] : body[problemAt..];
        int end = problem.IndexOf((byte)'"');
        string kind = end < 0 ? "without a problem type" : Encoding.ASCII.GetString(problem[..end]);
        return new LoadOutcome(jobs, $"{answer.Status} {kind}");
    }
}
