using System.Collections.Concurrent;

namespace JobNode.Observability;

/// <summary>
/// Counts requests by route, method and code, their durations by route, and refusals by reason. Thread-safe.
/// </summary>
internal sealed class Metrics
{
    private readonly ConcurrentDictionary<RequestKind, Counter> _requests = new();
    private readonly ConcurrentDictionary<string, Histogram> _durations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Counter> _refused = new(StringComparer.Ordinal);

    /// <summary>Nothing counted yet.</summary>
    /// <param name="reasons">Reasons of refusals that are shown from the start: what appears with its first count is
    /// no increase to who watches.</param>
    public Metrics(IEnumerable<string> reasons)
    {
        foreach (string reason in reasons)
        {
            _refused.TryAdd(reason, new Counter());
        }
    }

    /// <summary>
    /// Counts one answered request. The route is a template, never a raw path, so that there are few.
    /// </summary>
    public void CountRequest(string route, string method, int code, TimeSpan duration)
    {
        _requests.GetOrAdd(new RequestKind(route, method, code), static _ => new Counter()).Increment();
        _durations.GetOrAdd(route, static _ => new Histogram(Histogram.RequestBoundsSeconds)).Record(duration);
    }

    /// <summary>Counts one request that was answered with a problem.</summary>
    /// <param name="reason">The last part of the problem's type, for example <c>disk-low</c>.</param>
    public void CountRefusal(string reason) => _refused.GetOrAdd(reason, static _ => new Counter()).Increment();

    /// <summary>Writes all families.</summary>
    public void Write(IMetricWriter writer)
    {
        writer.Family(
            "jobnode_http_requests_total", MetricKind.Counter, "API requests answered, by route, method and code.");
        foreach ((RequestKind kind, Counter counter) in _requests)
        {
            writer.Sample(
                counter.Value, ("route", kind.Route), ("method", kind.Method), ("code", kind.Code.ToString()));
        }

        writer.Family(
            "jobnode_http_request_duration_seconds",
            MetricKind.Histogram,
            "Time from a request's headers to the end of its answer, by route.");
        foreach ((string route, Histogram durations) in _durations)
        {
            writer.Sample(durations.Read(), ("route", route));
        }

        writer.Family(
            "jobnode_requests_refused_total", MetricKind.Counter, "API requests answered with a problem, by reason.");
        foreach ((string reason, Counter counter) in _refused)
        {
            writer.Sample(counter.Value, ("reason", reason));
        }
    }

    private readonly record struct RequestKind(string Route, string Method, int Code);

    private sealed class Counter
    {
        private long _value;

        public long Value => Interlocked.Read(ref _value);

        public void Increment() => Interlocked.Increment(ref _value);
    }
}
