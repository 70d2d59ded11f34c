using System.Globalization;
using System.Text;

namespace JobNode.Load;

/// <summary>What each call of a run against jobnode is.</summary>
internal enum JobCall
{
    /// <summary>A job, or a batch of them, goes in.</summary>
    Enqueue,

    /// <summary>Results come out.</summary>
    Pull,

    /// <summary>A job goes in, and its result is waited for and read.</summary>
    Roundtrip,

    /// <summary>A job goes in, and a result is pulled: its own where there is one client.</summary>
    Pulled,
}

/// <summary>The bytes of the requests, made once for all clients.</summary>
internal sealed class JobCalls
{
    /// <summary>Larger bodies are not made: every one of them is held in memory.</summary>
    public const int BodyBytesMax = 64 << 20;

    private const int WaitSeconds = 60;

    // Both have the 36 characters of an id where the real one is put.
    private const string IdPlace = "00000000-0000-0000-0000-000000000000";

    private readonly string _wait;

    /// <summary>Makes them.</summary>
    /// <param name="call">Which.</param>
    /// <param name="bodyBytes">Bytes of each job's body.</param>
    /// <param name="iterations">Of each job.</param>
    /// <param name="batch">Jobs per enqueue or pull.</param>
    /// <param name="token">Bearer token, or null.</param>
    public JobCalls(JobCall call, int bodyBytes, ulong iterations, int batch, string? token)
    {
        Call = call;
        string access = $"Host: jobnode\r\n{(token is null ? "" : $"Authorization: Bearer {token}\r\n")}";
        var body = new byte[bodyBytes];
        new Random(1).NextBytes(body);
        string count = iterations.ToString(CultureInfo.InvariantCulture);
        Enqueue = batch == 1
            ? Request($"PUT /enqueue?iterations={count}", $"{access}Content-Type: application/octet-stream\r\n", body)
            : Request("POST /jobs", $"{access}Content-Type: application/x-ndjson\r\n", Lines(body, count, batch));
        int top = call == JobCall.Pull ? batch : 1;
        Pull = Request($"POST /pullCompleted?top={top}", access, []);
        _wait = $"GET /jobs/{IdPlace}?wait={WaitSeconds}s HTTP/1.1\r\n{access}\r\n";
    }

    /// <summary>Which.</summary>
    public JobCall Call { get; }

    /// <summary>PUT /enqueue, or POST /jobs with a batch.</summary>
    public ReadOnlyMemory<byte> Enqueue { get; }

    /// <summary>POST /pullCompleted.</summary>
    public ReadOnlyMemory<byte> Pull { get; }

    /// <summary>GET /jobs/ID?wait, for a client of its own; gives where the id stands.</summary>
    public (byte[] Request, Range Id) MakeWait()
    {
        int at = _wait.IndexOf(IdPlace, StringComparison.Ordinal);
        return (Encoding.ASCII.GetBytes(_wait), at..(at + IdPlace.Length));
    }

    private static byte[] Lines(byte[] body, string iterations, int batch)
    {
        byte[] line = Encoding.ASCII.GetBytes(
            $"{{\"data\":\"{Convert.ToBase64String(body)}\",\"iterations\":{iterations}}}\n");
        var lines = new byte[line.Length * batch];
        for (int at = 0; at < lines.Length; at += line.Length)
        {
            line.CopyTo(lines, at);
        }

        return lines;
    }

    private static byte[] Request(string firstLine, string headers, byte[] body) =>
    [
        .. Encoding.ASCII.GetBytes($"{firstLine} HTTP/1.1\r\n{headers}Content-Length: {body.Length}\r\n\r\n"),
        .. body,
    ];
}
