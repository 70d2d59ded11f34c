using System.Globalization;

namespace JobNode.Observability;

/// <summary>Where telemetry goes and how: OpenTelemetry's own environment variables.</summary>
internal sealed record OtlpSettings
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const int IntervalMsDefault = 60_000;
    private const int TimeoutMsDefault = 10_000;

    /// <summary>Base address of the collector, without <c>/v1/…</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Headers of each request: a token of the collector, perhaps.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>What the node is called in all that it sends.</summary>
    public IReadOnlyList<(string Key, string Value)> Resource { get; init; } = [];

    /// <summary>Which jobs are traced.</summary>
    public TraceSampler Sampler { get; init; } = new(TraceSampler.ShareDefault);

    /// <summary>Metrics are sent this often.</summary>
    public TimeSpan MetricInterval { get; init; } = TimeSpan.FromMilliseconds(IntervalMsDefault);

    /// <summary>A request may take this long.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(TimeoutMsDefault);

    /// <summary>Reads the variables; null when nothing is to be sent.</summary>
    /// <param name="variable">The environment.</param>
    /// <param name="complaints">Sentences about what cannot be used.</param>
    public static OtlpSettings? Read(Func<string, string?> variable, List<string> complaints)
    {
        string? Value(string name) => variable(name) is { Length: > 0 } text ? text.Trim() : null;
        bool isDisabled = string.Equals(Value("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);
        if (isDisabled || Value(EndpointVariable) is not { } endpoint)
        {
            return null;
        }

        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            complaints.Add(
                $"{EndpointVariable} is \"{endpoint}\"; write a URL, for example http://127.0.0.1:4318. Nothing is "
                + "sent");
            return null;
        }

        if (Value(ProtocolVariable) is "grpc")
        {
            complaints.Add(
                $"{ProtocolVariable} is grpc, which jobnode does not speak; set it to http/json and the endpoint to "
                + "the collector's HTTP port (4318 by default). Nothing is sent");
            return null;
        }

        var sampler = TraceSampler.Of(
            Value("OTEL_TRACES_SAMPLER"), Value("OTEL_TRACES_SAMPLER_ARG"), out string? complaint);
        if (complaint is not null)
        {
            complaints.Add(complaint);
        }

        return new OtlpSettings
        {
            Endpoint = new Uri(address.AbsoluteUri.TrimEnd('/') + "/"),
            Headers = Pairs("OTEL_EXPORTER_OTLP_HEADERS", Value, complaints),
            Resource = ResourceOf(Value, complaints),
            Sampler = sampler,
            MetricInterval = Milliseconds("OTEL_METRIC_EXPORT_INTERVAL", IntervalMsDefault, Value, complaints),
            Timeout = Milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT", TimeoutMsDefault, Value, complaints),
        };
    }

    private static List<(string Key, string Value)> ResourceOf(
        Func<string, string?> variable, List<string> complaints)
    {
        List<(string Key, string Value)> given = Pairs("OTEL_RESOURCE_ATTRIBUTES", variable, complaints);
        var resource = new List<(string Key, string Value)>();
        void Put(string key, string? value, string otherwise)
        {
            string? named = value ?? given.Find(pair => pair.Key == key).Value;
            given.RemoveAll(pair => pair.Key == key);
            resource.Add((key, named ?? otherwise));
        }

        Put("service.name", variable("OTEL_SERVICE_NAME"), "jobnode");
        Put("service.version", null, ProgramVersion.Text);
        Put("host.name", null, Environment.MachineName);
        resource.AddRange(given);
        return resource;
    }

    /// <summary><c>key=value,key=value</c>, with values escaped as in a URL.</summary>
    private static List<(string Key, string Value)> Pairs(
        string name, Func<string, string?> variable, List<string> complaints)
    {
        var pairs = new List<(string Key, string Value)>();
        string[] parts = variable(name)?.Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        foreach (string part in parts)
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                // The value is not shown: it may be a secret.
                complaints.Add($"{name} has a part without a name and an equals sign; write name=value,name=value");
                continue;
            }

            pairs.Add((part[..equals].Trim(), Uri.UnescapeDataString(part[(equals + 1)..].Trim())));
        }

        return pairs;
    }

    private static TimeSpan Milliseconds(
        string name, int otherwise, Func<string, string?> variable, List<string> complaints)
    {
        if (variable(name) is not { } text)
        {
            return TimeSpan.FromMilliseconds(otherwise);
        }

        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0;
        if (!isNumber)
        {
            complaints.Add($"{name} is \"{text}\"; write milliseconds. {otherwise} is taken");
        }

        return TimeSpan.FromMilliseconds(isNumber ? value : otherwise);
    }
}
