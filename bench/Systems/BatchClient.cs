using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace JobNode.Bench.Systems;

/// <summary>Sends jobs and takes results in batches over HTTP, and counts what came back.</summary>
internal static class BatchClient
{
    /// <summary><c>POST /jobs</c> with small texts; all of them must be accepted.</summary>
    public static async Task SendAsync(NodeUnderTest node, int count, int iterations)
    {
        var lines = new StringBuilder();
        for (int job = 0; job < count; job++)
        {
            lines.Append("{\"text\":\"").Append(job).Append("\",\"iterations\":").Append(iterations).Append("}\n");
        }

        using var content = new StringContent(lines.ToString());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using HttpResponseMessage answer = await node.Http.PostAsync("/jobs", content);
        string text = await answer.Content.ReadAsStringAsync();
        int accepted = text.Split('\n').Count(static line => line.StartsWith("{\"id\"", StringComparison.Ordinal));
        if (answer.StatusCode != HttpStatusCode.OK || accepted != count)
        {
            throw new InvalidOperationException(
                $"{(int)answer.StatusCode}: {accepted} accepted: {text[..Math.Min(500, text.Length)]}");
        }
    }

    /// <summary><c>POST /pullCompleted</c>; gives how many results came.</summary>
    public static async Task<int> PullAsync(NodeUnderTest node, int top)
    {
        using HttpResponseMessage answer = await node.Http.PostAsync($"/pullCompleted?top={top}", null);
        byte[] body = await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
        return body.AsSpan().Count("\"id\":"u8);
    }
}
