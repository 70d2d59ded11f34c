using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace JobNode.Tests.Support;

/// <summary>
/// The HTTP contract as a client of one node sees it (docs/api.md), read without the product's own types.
/// </summary>
internal sealed class NodeApi(Uri node) : IDisposable
{
    private const string KeyHeader = "Idempotency-Key";

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = node,
        Timeout = TimeSpan.FromMinutes(3),
    };

    /// <summary>The node's address.</summary>
    public Uri Address => node;

    /// <summary>The token that every call shows.</summary>
    public void UseToken(string token) =>
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

    /// <summary>False while nothing listens, while it starts, and without a quorum.</summary>
    public async Task<bool> IsReadyAsync()
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(2));
        try
        {
            using HttpResponseMessage response = await _client.GetAsync("/readyz", timeout.Token);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Sends a job; gives its id.</summary>
    public Task<string> EnqueueAsync(
        byte[] body, ulong iterations, string? key = null, CancellationToken cancellation = default) =>
        EnqueueAsync(new ByteArrayContent(body), iterations, key, cancellation);

    /// <summary>Sends a job whose body is streamed; gives its id.</summary>
    /// <exception cref="HttpRequestException">Not accepted; the message holds the answer.</exception>
    public async Task<string> EnqueueAsync(
        HttpContent body, ulong iterations, string? key = null, CancellationToken cancellation = default)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, $"/enqueue?iterations={iterations}") { Content = body };
        using JsonDocument answer = await SendAsync(request, key, cancellation);
        return answer.RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>Takes finished jobs.</summary>
    public async Task<IReadOnlyList<FinishedJob>> PullAsync(
        int top, string? key = null, CancellationToken cancellation = default)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"/pullCompleted?top={top}");
        using JsonDocument answer = await SendAsync(request, key, cancellation);
        return [.. answer.RootElement.EnumerateArray().Select(job => new FinishedJob(
            job.GetProperty("id").GetString()!,
            job.GetProperty("result").GetString()!,
            job.GetProperty("iterations").GetUInt64()))];
    }

    /// <summary>One job as it stands.</summary>
    public async Task<JobRow> JobAsync(string id, int waitSeconds = 0, CancellationToken cancellation = default)
    {
        string wait = waitSeconds > 0 ? $"?wait={waitSeconds}s" : "";
        using HttpRequestMessage request = new(HttpMethod.Get, $"/jobs/{id}{wait}");
        using JsonDocument answer = await SendAsync(request, key: null, cancellation);
        JsonElement job = answer.RootElement;
        return new JobRow(
            job.GetProperty("state").GetString()!,
            job.GetProperty("iterations").GetUInt64(),
            job.GetProperty("iterationsDone").GetUInt64(),
            job.TryGetProperty("result", out JsonElement result) ? result.GetString() : null);
    }

    /// <summary>The whole of /status.</summary>
    public async Task<StatusRow> StatusAsync(CancellationToken cancellation = default)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/status");
        using JsonDocument answer = await SendAsync(request, key: null, cancellation);
        return StatusRow.From(answer.RootElement);
    }

    /// <summary>The members as the leader sees them.</summary>
    public async Task<IReadOnlyList<ClusterMember>> MembersAsync(CancellationToken cancellation = default)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/members");
        using JsonDocument answer = await SendAsync(request, key: null, cancellation);
        return [.. answer.RootElement.GetProperty("members").EnumerateArray().Select(member => new ClusterMember(
            member.GetProperty("id").GetString()!,
            member.GetProperty("address").GetString()!,
            member.GetProperty("role").GetString()!,
            member.GetProperty("draining").GetBoolean(),
            member.GetProperty("computeOnly").GetBoolean(),
            member.GetProperty("quarantine").GetString()))];
    }

    /// <summary>What every member knows and the cluster therefore uses.</summary>
    public async Task<int> FeatureLevelAsync(CancellationToken cancellation = default)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/members");
        using JsonDocument answer = await SendAsync(request, key: null, cancellation);
        return answer.RootElement.GetProperty("featureLevel").GetInt32();
    }

    /// <summary>Removes a member for good.</summary>
    public async Task RemoveMemberAsync(string id, CancellationToken cancellation = default)
    {
        using HttpRequestMessage request = new(HttpMethod.Delete, $"/members/{id}");
        using JsonDocument answer = await SendAsync(request, key: null, cancellation);
    }

    /// <summary>The bare text of a GET.</summary>
    public async Task<string> TextAsync(string path, CancellationToken cancellation = default)
    {
        using HttpResponseMessage response = await _client.GetAsync(path, cancellation);
        return await response.Content.ReadAsStringAsync(cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<JsonDocument> SendAsync(HttpRequestMessage request, string? key, CancellationToken cancellation)
    {
        if (key is not null)
        {
            request.Headers.Add(KeyHeader, key);
        }

        using HttpResponseMessage response = await _client.SendAsync(request, cancellation);
        string text = await response.Content.ReadAsStringAsync(cancellation);
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(text)
            : throw new HttpRequestException(
                $"{request.Method} {request.RequestUri}: {(int)response.StatusCode} {text}", null, response.StatusCode);
    }
}

/// <summary>One element of a pull.</summary>
internal sealed record FinishedJob(string Id, string Result, ulong Iterations);

/// <summary>One job of GET /jobs/{id}.</summary>
internal sealed record JobRow(string State, ulong Iterations, ulong IterationsDone, string? Result);

/// <summary>One member of GET /members.</summary>
internal sealed record ClusterMember(
    string Id, string Address, string Role, bool Draining, bool ComputeOnly, string? Quarantine);
