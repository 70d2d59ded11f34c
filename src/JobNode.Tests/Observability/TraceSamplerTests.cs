using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Tests.Observability;

/// <summary>Which jobs are traced, and by what name.</summary>
public sealed class TraceSamplerTests
{
    private const int Ids = 200_000;

    [Theory]
    [InlineData(0.001, 120, 290)]
    [InlineData(0.25, 48_000, 52_000)]
    public void About_the_share_of_jobs_is_taken(double share, int least, int most)
    {
        var sampler = new TraceSampler(share);
        int taken = Enumerable.Range(0, Ids).Count(_ => sampler.Takes(JobId.Create(DateTimeOffset.UtcNow).Value));
        Assert.InRange(taken, least, most);
    }

    [Fact]
    public void Every_node_with_the_same_share_takes_the_same_jobs()
    {
        UInt128[] ids = [.. Enumerable.Range(0, 5000).Select(_ => JobId.Create(DateTimeOffset.UtcNow).Value)];
        Assert.Equal(ids.Where(new TraceSampler(0.1).Takes), ids.Where(new TraceSampler(0.1).Takes));
        Assert.All(ids.Where(new TraceSampler(0.1).Takes), id => Assert.True(new TraceSampler(0.2).Takes(id)));
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData("always_on", null, true)]
    [InlineData("parentbased_always_on", null, true)]
    [InlineData("traceidratio", "1", true)]
    [InlineData("traceidratio", "0", false)]
    [InlineData("always_off", "1", false)]
    public void The_usual_names_are_understood(string? name, string? argument, bool takesAll)
    {
        var sampler = TraceSampler.Of(name, argument, out string? complaint);
        Assert.Null(complaint);
        UInt128[] ids = [.. Enumerable.Range(0, 100).Select(_ => JobId.Create(DateTimeOffset.UtcNow).Value)];
        Assert.Equal(takesAll, ids.All(sampler.Takes));
    }

    [Theory]
    [InlineData("sometimes", null, "OTEL_TRACES_SAMPLER is \"sometimes\"; write always_on")]
    [InlineData("traceidratio", "7", "OTEL_TRACES_SAMPLER_ARG is \"7\"; write a share from 0 to 1")]
    public void What_is_not_understood_is_named(string name, string? argument, string sentence)
    {
        TraceSampler.Of(name, argument, out string? complaint);
        Assert.StartsWith(sentence, complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_traceparent_becomes_a_link()
    {
        SpanLink? link = SpanLink.Parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", link?.TraceId.ToString("x32"));
        Assert.Equal("b7ad6b7169203331", link?.SpanId.ToString("x16"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319x-b7ad6b7169203331-01")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")]
    public void What_is_no_traceparent_is_left_out(string? header) => Assert.Null(SpanLink.Parse(header));
}
