using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobNode.Api;
using JobNode.Security;

namespace JobNode.Cli;

/// <summary>Talks to the API of one node; failures end the verb with a sentence and the right exit code.</summary>
internal sealed class ApiClient : IDisposable
{
    private const int ConnectTimeoutMs = 5000;

    /// <summary>Bodies from this size on ask before they are sent, so that a refusal costs nothing.</summary>
    private const long AskFirstBytes = 1 << 20;

    private readonly Uri _node;
    private readonly NodeAccess _access;
    private readonly HttpClient _http;

    /// <summary>Connects to nothing yet.</summary>
    /// <exception cref="CliFailure">The node is asked for by https, and TLS cannot work on this machine.</exception>
    public ApiClient(Uri node, NodeAccess access)
    {
        _node = node;
        _access = access;
        var connections = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(ConnectTimeoutMs),
            UseProxy = false,
            AllowAutoRedirect = false,
        };
        if (node.Scheme == Uri.UriSchemeHttps)
        {
            RequireTls();
            connections.SslOptions.CertificateChainPolicy = access.ChainPolicy();
        }

        _http = new HttpClient(connections) { BaseAddress = node, Timeout = Timeout.InfiniteTimeSpan };
        if (access.Token is { } token)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Text);
        }
    }

    /// <summary>The node's base address.</summary>
    public Uri Node => _node;

    /// <summary>A client of another node of the cluster, in the same way.</summary>
    public ApiClient OfAnother(string address) => new(new Uri($"{_node.Scheme}://{address}"), _access);

    /// <summary>The answer's JSON as it came.</summary>
    public async Task<string> GetTextAsync(string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request, cancellation);
    }

    /// <summary>The answer.</summary>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        Read(await GetTextAsync(path, cancellation), type);

    /// <summary>Streams the answer's body; gives the headers asked for.</summary>
    /// <exception cref="IOException">It broke off, or a header is missing.</exception>
    public async Task<Dictionary<string, string>> DownloadAsync(
        string path, IReadOnlyList<string> headers, Stream destination, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        HttpResponseMessage? response = null;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                throw Refused(response.StatusCode, await response.Content.ReadAsStringAsync(cancellation));
            }

            var found = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (string header in headers)
            {
                found[header] = response.Headers.TryGetValues(header, out IEnumerable<string>? values)
                    ? string.Join(',', values)
                    : throw new IOException($"the answer of {_node} has no header {header}; is it a jobnode?");
            }

            await response.Content.CopyToAsync(destination, cancellation);
            return found;
        }
        catch (HttpRequestException error) when (response is null)
        {
            throw Unreachable(error);
        }
        catch (HttpRequestException error)
        {
            throw new IOException($"the download from {_node} broke off: {Reason(error)}.", error);
        }
        finally
        {
            response?.Dispose();
        }
    }

    /// <summary>Changes something, without a body; the answer.</summary>
    public async Task<T> AskAsync<T>(
        HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        return Read(await SendAsync(request, cancellation), type);
    }

    /// <summary>Takes results; the answer's JSON as it came.</summary>
    public async Task<string> PullAsync(int top, string order, string? idempotencyKey, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/pullCompleted?top={top}&order={order}");
        AddKey(request, idempotencyKey);
        return await SendAsync(request, cancellation);
    }

    /// <summary>Sends a job, streaming its body; gives its id, and whether its key had made it before.</summary>
    public async Task<(string Id, bool WasThere)> EnqueueAsync(
        Stream body, ulong iterations, int priority, string idempotencyKey, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Put,
                $"/enqueue?iterations={iterations.ToString(CultureInfo.InvariantCulture)}&priority={priority}");
        request.Content = new StreamContent(body, 256 << 10);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.ExpectContinue = !body.CanSeek || body.Length >= AskFirstBytes;
        AddKey(request, idempotencyKey);
        bool wasThere = false;
        string text = await SendAsync(
            request,
            cancellation,
            response => wasThere = response.Headers.Contains(EnqueueResponse.ReplayedHeader));
        return (Read(text, ApiJsonContext.Default.EnqueueResponse).Id, wasThere);
    }

    /// <summary>The job that an enqueue with this key made; null when the cluster knows none.</summary>
    public async Task<JobResponse?> FindByKeyAsync(string idempotencyKey, CancellationToken cancellation)
    {
        try
        {
            return await GetAsync($"/jobs/key:{idempotencyKey}", ApiJsonContext.Default.JobResponse, cancellation);
        }
        catch (CliFailure failure) when (failure.Problem is "/problems/job-unknown" or "/problems/job-id-invalid")
        {
            // A node of an older version does not know this way of asking: what is sent again has the key all the same.
            return null;
        }
    }

    /// <summary>Reads JSON.</summary>
    public static T Read<T>(string json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type)
                ?? throw new CliFailure(ExitCode.Failed, "the node answered with an empty JSON value.");
        }
        catch (JsonException error)
        {
            throw new CliFailure(ExitCode.Failed, $"the node's answer is not the JSON expected: {error.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static void AddKey(HttpRequestMessage request, string? idempotencyKey)
    {
        if (idempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        }
    }

    private async Task<string> SendAsync(
        HttpRequestMessage request, CancellationToken cancellation, Action<HttpResponseMessage>? look = null)
    {
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancellation);
            string text = await response.Content.ReadAsStringAsync(cancellation);
            look?.Invoke(response);
            return response.IsSuccessStatusCode ? text : throw Refused(response.StatusCode, text);
        }
        catch (HttpRequestException error)
        {
            throw Unreachable(error);
        }
    }

    private CliFailure Unreachable(HttpRequestException error)
    {
        string next = error.HttpRequestError switch
        {
            HttpRequestError.SecureConnectionError =>
                "The node must speak HTTPS (--api-cert), with a certificate for the host in --node; if it is of a CA "
                + "of your own, name that with --ca FILE.",
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError =>
                "Is a node running there? Start one with 'jobnode serve', or name another with --node HOST:PORT.",
            _ when _node.Scheme == Uri.UriSchemeHttp =>
                "If the node speaks HTTPS, write --node https://HOST:PORT, and --ca FILE if it has a CA of its own.",
            _ => "Try again, or name another node with --node.",
        };
        return new CliFailure(ExitCode.Unreachable, $"cannot reach the cluster at {_node}: {Reason(error)}. {next}")
        {
            IsPassing = true,
        };
    }

    private static string Reason(HttpRequestException error) => (error.InnerException ?? error).Message.TrimEnd('.');

    private static void RequireTls()
    {
        try
        {
            OpenSslLibrary.Require();
        }
        catch (IOException error)
        {
            throw new CliFailure(ExitCode.Failed, $"{error.Message}.");
        }
    }

    private static CliFailure Refused(HttpStatusCode status, string text)
    {
        ProblemResponse? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize(text, ApiJsonContext.Default.ProblemResponse);
        }
        catch (JsonException)
        {
            // Something that is no jobnode answered; the status is all there is to say.
        }

        if (problem?.Detail is null)
        {
            return new CliFailure(
                ExitCode.Failed, $"the node answered {(int)status} without saying why; is it a jobnode?");
        }

        bool isUnknown = problem.Type == "/problems/outcome-unknown";
        bool isLeaderless = problem.Type is "/problems/no-quorum" or "/problems/starting" or "/problems/damaged";
        return new CliFailure(
            isUnknown || isLeaderless ? ExitCode.NoQuorum : ExitCode.Failed, $"{problem.Title}: {problem.Detail}")
        {
            IsOutcomeUnknown = isUnknown,
            IsPassing = status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
                or HttpStatusCode.InsufficientStorage,
            Problem = problem.Type,
        };
    }
}
