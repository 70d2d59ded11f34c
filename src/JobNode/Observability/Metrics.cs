using System.Collections.Concurrent;

namespace JobNode.Observability;

/// <summary>Counts requests by route, method and code, and their durations by route. Thread-safe.</summary>
internal sealed class Metrics
{
    /// <summary>Upper bounds of the duration buckets, in seconds.</summary>
    public static readonly double[] DurationBoundsSeconds =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

    private readonly ConcurrentDictionary<RequestKind, Counter> _requests = new();
    private readonly ConcurrentDictionary<string, Durations> _durations = new(StringComparer.Ordinal);

    /// <summary>
    /// Counts one answered request. The route is a template, never a raw path, so that there are few.
    /// </summary>
    public void CountRequest(string route, string method, int code, TimeSpan duration)
    {
        _requests.GetOrAdd(new RequestKind(route, method, code), static _ => new Counter()).Increment();
        _durations.GetOrAdd(route, static _ => new Durations()).Record(duration.TotalSeconds);
    }

    /// <summary>Writes both families.</summary>
    public void Write(PrometheusWriter writer)
    {
        writer.Family("jobnode_http_requests_total", "counter", "API requests answered, by route, method and code.");
        foreach ((RequestKind kind, Counter counter) in _requests)
        {
            writer.Sample(
                "jobnode_http_requests_total",
                counter.Value,
                ("route", kind.Route),
                ("method", kind.Method),
                ("code", kind.Code.ToString()));
        }

        const string Name = "jobnode_http_request_duration_seconds";
        writer.Family(Name, "histogram", "Time from a request's headers to the end of its answer, by route.");
        foreach ((string route, Durations durations) in _durations)
        {
            durations.Write(writer, Name, route);
        }
    }

    private readonly record struct RequestKind(string Route, string Method, int Code);

    private sealed class Counter
    {
        private long _value;

        public long Value => Interlocked.Read(ref _value);

        public void Increment() => Interlocked.Increment(ref _value);
    }

    private sealed class Durations
    {
        private readonly long[] _buckets = new long[DurationBoundsSeconds.Length + 1];
        private long _sumMicroseconds;

        public void Record(double seconds)
        {
            int bucket = 0;
            while (bucket < DurationBoundsSeconds.Length && seconds > DurationBoundsSeconds[bucket])
            {
                bucket++;
            }

            Interlocked.Increment(ref _buckets[bucket]);
            Interlocked.Add(ref _sumMicroseconds, (long)(seconds * 1e6));
        }

        public void Write(PrometheusWriter writer, string name, string route)
        {
            long total = 0;
            for (int bucket = 0; bucket < _buckets.Length; bucket++)
            {
                total += Interlocked.Read(ref _buckets[bucket]);
                string bound = bucket < DurationBoundsSeconds.Length
                    ? PrometheusWriter.Number(DurationBoundsSeconds[bucket])
                    : "+Inf";
                writer.Sample(name + "_bucket", total, ("route", route), ("le", bound));
            }

            writer.Sample(name + "_sum", Interlocked.Read(ref _sumMicroseconds) / 1e6, ("route", route));
            writer.Sample(name + "_count", total, ("route", route));
        }
    }
}
