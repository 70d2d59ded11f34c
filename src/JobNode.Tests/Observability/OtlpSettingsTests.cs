using JobNode.Observability;

namespace JobNode.Tests.Observability;

/// <summary>OpenTelemetry's environment variables.</summary>
public sealed class OtlpSettingsTests
{
    [Fact]
    public void Without_an_endpoint_nothing_is_sent()
    {
        (OtlpSettings? settings, List<string> complaints) = Read();
        Assert.Null(settings);
        Assert.Empty(complaints);
    }

    [Fact]
    public void A_disabled_sdk_sends_nothing()
    {
        (OtlpSettings? settings, _) = Read(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"), ("OTEL_SDK_DISABLED", "TRUE"));
        Assert.Null(settings);
    }

    [Fact]
    public void Headers_and_resource_are_read_with_their_escapes()
    {
        (OtlpSettings? settings, List<string> complaints) = Read(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318/base"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20abc,x-tenant=7"),
            ("OTEL_SERVICE_NAME", "hashes"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment.environment=test"));
        Assert.Empty(complaints);
        Assert.Equal("https://collector:4318/base/", settings!.Endpoint.ToString());
        Assert.Equal([("authorization", "Basic abc"), ("x-tenant", "7")], settings.Headers);
        Assert.Contains(("service.name", "hashes"), settings.Resource);
        Assert.Contains(("deployment.environment", "test"), settings.Resource);
        Assert.Single(settings.Resource, pair => pair.Key == "service.name");
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1", "write a URL")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "set it to http/json")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "secret", "write name=value")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "often", "write milliseconds")]
    public void What_cannot_be_used_is_named_without_its_secrets(string name, string value, string sentence)
    {
        (_, List<string> complaints) = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"), (name, value));
        string complaint = Assert.Single(complaints);
        Assert.StartsWith(name, complaint, StringComparison.Ordinal);
        Assert.Contains(sentence, complaint, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", complaint, StringComparison.Ordinal);
    }

    private static (OtlpSettings? Settings, List<string> Complaints) Read(
        params (string Name, string Value)[] variables)
    {
        var all = new Dictionary<string, string>();
        foreach ((string name, string value) in variables)
        {
            all[name] = value;
        }

        List<string> complaints = [];
        return (OtlpSettings.Read(name => all.GetValueOrDefault(name), complaints), complaints);
    }
}
