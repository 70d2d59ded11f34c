using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace JobNode.Fuzz.Targets;

/// <summary>
/// Requests through the real router to the real state machine, without a socket. An input is a request as HTTP/1.1
/// writes it: method and target, headers, an empty line, the body.
/// </summary>
internal static class HttpTarget
{
    private static readonly string[] HttpWords =
    [
        "GET ", "PUT ", "POST ", "DELETE ", "/enqueue", "/jobs", "/jobs/", "/pullCompleted", "/status", "/members",
        "?iterations=", "&iterations=", "&priority=", "?top=", "&order=newest", "?state=", "&limit=",
        "&cursor=", "?wait=",
        "0198c0de-0000-7000-8000-000000000000", "\nIdempotency-Key: ", "\nContent-Type: ",
        "multipart/form-data; boundary=",
        "application/x-ndjson", "\n\n", "\r\n\r\n", "\r\n--b\r\n", "\r\n--b--\r\n", "--b", "boundary=\"",
        "%00", "%ff", "\\u0000",
        "Content-Disposition: form-data; name=\"data\"", "name=", "filename*=UTF-8''", "\"text\":",
        "\"data\":", "\"iterations\":",
        "\"idempotencyKey\":", "{\"text\":\"x\",\"iterations\":2}", "18446744073709551615", "1e5", "-1",
        "\\ud800", "null", "[",
    ];

    /// <summary>The target.</summary>
    public static IEnumerable<FuzzTarget> All() =>
        [new("http", _ => Requests().Select(Encoding.UTF8.GetBytes), Try)
        { Words = HttpWords, AllocatedMax = 24 << 20 }];

    private static IEnumerable<string> Requests() =>
    [
        "PUT /enqueue?iterations=3&priority=2\nIdempotency-Key: k\n\nhello",
        "PUT /enqueue?iterations=3\nContent-Type: multipart/form-data; boundary=b\n\n"
            + "--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\"f\"\r\n\r\nhello\r\n--b--\r\n",
        "POST /jobs?iterations=3\nContent-Type: multipart/form-data; boundary=b\nIdempotency-Key: k\n\n"
            + "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\ntwo\r\n--b--\r\n",
        "POST /jobs\nContent-Type: application/x-ndjson\n\n{\"text\":\"hello\",\"iterations\":3}\n"
            + "{\"data\":\"aGVsbG8=\",\"iterations\":3,\"priority\":5,\"idempotencyKey\":\"k1\"}\n",
        "POST /pullCompleted?top=10&order=newest\nIdempotency-Key: p\n\n",
        "GET /jobs?state=pending&limit=3&cursor=1-5\n\n",
        "GET /jobs/0198c0de-0000-7000-8000-000000000000?wait=0s\n\n",
        "DELETE /jobs/0198c0de-0000-7000-8000-000000000000\n\n",
        "GET /status\n\n", "GET /metrics\n\n", "GET /members\n\n", "POST /transfer?to=0000000000000001\n\n",
        "POST /drain?leave=true\n\n", "GET /readyz\n\n", "GET /openapi.json\n\n", "GET /backup\n\n",
        "GET /problems/queue-full\nAccept: text/html\n\n",
    ];

    /// <summary>
    /// Every request gets an answer that is no 5xx, and a refusal is a problem that says what is wrong.
    /// </summary>
    private static void Try(byte[] input)
    {
        using MemoryStream answer = new();
        HttpContext context = Read(input, answer);
        using FuzzNode node = new();
        node.ServeAsync(context).GetAwaiter().GetResult();
        context.Response.CompleteAsync().GetAwaiter().GetResult();
        int status = context.Response.StatusCode;
        string text = Encoding.UTF8.GetString(answer.ToArray());
        FuzzFindingException.ThrowUnless(
            status is >= 200 and < 500, $"answered {status}: {node.LastFailure}{text}");
        if (context.Response.ContentType?.Contains("json", StringComparison.Ordinal) == true)
        {
            bool isLines = context.Response.ContentType.Contains("ndjson", StringComparison.Ordinal);
            foreach (string document in isLines ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [text])
            {
                CheckJson(document);
            }
        }

        FuzzFindingException.ThrowUnless(
            node.Machine.RecomputeDigest() == node.Machine.Digest, "the state has another digest than what is in it");
    }

    private static void CheckJson(string document)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(document);
        }
        catch (JsonException error)
        {
            throw new FuzzFindingException($"the answer is not JSON: {error.Message} {document}");
        }
    }

    private static DefaultHttpContext Read(byte[] input, Stream answer)
    {
        int bodyAt = input.AsSpan().IndexOf("\n\n"u8);
        string head = Encoding.Latin1.GetString(input, 0, bodyAt < 0 ? input.Length : bodyAt);
        byte[] body = bodyAt < 0 ? [] : input[(bodyAt + 2)..];
        string[] lines = head.Split('\n');
        string[] first = lines[0].Split(' ', 2);
        string target = first.Length > 1 && first[1].StartsWith('/') ? first[1] : "/";
        int question = target.IndexOf('?', StringComparison.Ordinal);
        DefaultHttpContext context = new();
        context.Request.Method = first[0];
        context.Request.Path = new PathString(question < 0 ? target : target[..question]);
        context.Request.QueryString = question < 0 ? QueryString.Empty : new QueryString(target[question..]);
        context.Request.Body = new MemoryStream(body);
        context.Response.Body = answer;
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                context.Request.Headers.Append(line[..colon], line[(colon + 1)..].Trim());
            }
        }

        context.Request.ContentLength = body.Length;
        context.Connection.RemoteIpAddress = System.Net.IPAddress.Loopback;
        return context;
    }
}
