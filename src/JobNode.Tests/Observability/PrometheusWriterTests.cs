using JobNode.Observability;

namespace JobNode.Tests.Observability;

/// <summary>The text that Prometheus reads.</summary>
public sealed class PrometheusWriterTests
{
    [Fact]
    public void Buckets_are_cumulative_and_end_with_infinity()
    {
        var durations = new Histogram([0.1, 1]);
        durations.Record(TimeSpan.FromSeconds(0.05));
        durations.Record(TimeSpan.FromSeconds(0.1));
        durations.Record(TimeSpan.FromSeconds(5));
        var writer = new PrometheusWriter();
        writer.Family("jobnode_x_seconds", MetricKind.Histogram, "Help.");
        writer.Sample(durations.Read(), ("route", "/a"));
        Assert.Equal(
            """
            # HELP jobnode_x_seconds Help.
            # TYPE jobnode_x_seconds histogram
            jobnode_x_seconds_bucket{route="/a",le="0.1"} 2
            jobnode_x_seconds_bucket{route="/a",le="1"} 2
            jobnode_x_seconds_bucket{route="/a",le="+Inf"} 3
            jobnode_x_seconds_sum{route="/a"} 5.15
            jobnode_x_seconds_count{route="/a"} 3

            """,
            writer.ToString());
    }

    [Fact]
    public void Labels_are_escaped()
    {
        var writer = new PrometheusWriter();
        writer.Family("jobnode_y", MetricKind.Gauge, "A \\ and\nmore.");
        writer.Sample(double.PositiveInfinity, ("a", "\"\\\n"));
        writer.Sample(1e30);
        Assert.Equal(
            "# HELP jobnode_y A \\\\ and\\nmore.\n# TYPE jobnode_y gauge\njobnode_y{a=\"\\\"\\\\\\n\"} +Inf\n"
            + "jobnode_y 1E+30\n",
            writer.ToString());
    }
}
