using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;

namespace JobNode.Api;

/// <summary>Writes answers. Every answer already carries the headers that name the node and its leader.</summary>
internal static class ApiResponses
{
    /// <summary>Header that names the node that answers.</summary>
    public const string NodeHeader = "Jobnode-Node";

    /// <summary>Header that names the leader this node knew, or <c>none</c>.</summary>
    public const string LeaderHeader = "Jobnode-Leader";

    /// <summary>
    /// Unread bodies up to this many bytes are left for the server to read on a connection that stays open.
    /// </summary>
    private const long UnreadBodyBytesKept = 64 << 10;

    /// <summary>An unread body is read and dropped for this long after a refusal, in milliseconds.</summary>
    private const int UnreadBodyDrainMs = 15_000;

    /// <summary>A 200, unless said otherwise, with JSON.</summary>
    public static Task JsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = 200) =>
        BytesAsync(context, status, "application/json", JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>Text of a given content type.</summary>
    public static Task TextAsync(HttpContext context, int status, string contentType, string text) =>
        BytesAsync(context, status, contentType, Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes of a given content type.</summary>
    public static async Task BytesAsync(
        HttpContext context, int status, string contentType, ReadOnlyMemory<byte> bytes)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(bytes);
        }
    }

    /// <summary>The error, after the body (if any) was read.</summary>
    public static Task ProblemAsync(HttpContext context, Problem problem)
    {
        if (problem.Kind.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString();
        }

        context.Features.Set(problem.Kind);
        ProblemResponse contract = problem.ToResponse(context.Response.Headers[NodeHeader].ToString());
        return BytesAsync(
            context,
            problem.Kind.Status,
            "application/problem+json",
            JsonSerializer.SerializeToUtf8Bytes(contract, ApiJsonContext.Readable.ProblemResponse));
    }

    /// <summary>
    /// The error, before a body that may be large was read. The answer goes out first; then what the client still sends
    /// is read and dropped for a while: closing at once would reset the connection, and the client would see a broken
    /// pipe instead of the answer (RFC 9112 section 9.6).
    /// </summary>
    public static async Task RefuseUnreadAsync(HttpContext context, Problem problem)
    {
        HttpRequest request = context.Request;
        bool mayHaveBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;
        if (!mayHaveBody || request.ContentLength <= UnreadBodyBytesKept)
        {
            await ProblemAsync(context, problem);
            return;
        }

        bool isHttp1 = HttpProtocol.IsHttp11(request.Protocol) || HttpProtocol.IsHttp10(request.Protocol);
        if (isHttp1)
        {
            context.Response.Headers.Connection = "close";
        }

        await ProblemAsync(context, problem);
        await context.Response.CompleteAsync();
        if (isHttp1 && request.Headers.Expect.Count == 0)
        {
            await DrainAsync(context);
        }
    }

    /// <summary>True when the exception says no more than that the client is not there any more.</summary>
    public static bool IsClientGone(HttpContext context, Exception error) =>
        context.RequestAborted.IsCancellationRequested
        && error is (OperationCanceledException or IOException or BadHttpRequestException);

    private static async Task DrainAsync(HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(UnreadBodyDrainMs);
        try
        {
            while (true)
            {
                System.IO.Pipelines.ReadResult read = await context.Request.BodyReader.ReadAsync(limit.Token);
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or BadHttpRequestException)
        {
            // The client has its answer; what became of the rest of its body is of no interest.
        }
    }
}
