using System.Globalization;
using System.Text;
using JobNode.Commands;
using JobNode.Hashing;
using JobNode.Queue;
using Microsoft.Extensions.Primitives;

namespace JobNode.Api;

/// <summary>
/// Reads and checks what a request says in its query and headers. Each method gives the problem, or null.
/// </summary>
internal static class RequestReader
{
    /// <summary>Most jobs on one page of a listing.</summary>
    public const int PageJobsMax = 1000;

    /// <summary>Jobs on a page unless said otherwise.</summary>
    public const int PageJobsDefault = 100;

    /// <summary>The required number of hashes.</summary>
    public static Problem? Iterations(HttpRequest request, ulong max, out ulong iterations)
    {
        iterations = 0;
        StringValues values = request.Query["iterations"];
        if (values.Count == 0)
        {
            return new(
                Problems.IterationsMissing,
                $"The query has no \"iterations\"; say how many times to hash, {Problems.EnqueueExample}.");
        }

        string text = values.Count == 1 ? values.ToString() : "";
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out iterations))
        {
            return IterationsInRange(iterations, max);
        }

        string shown = values.Count > 1 ? "given more than once" : $"\"{Shorten(text)}\"";
        bool digitsOnly = text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('0', '9');
        string why = digitsOnly ? "over the limit" : "not a positive whole number";
        return new(
            Problems.IterationsInvalid,
            $"\"iterations\" is {shown}, which is {why}; send a whole number from 1 to {max}, "
            + $"{Problems.EnqueueExample}.");
    }

    /// <summary>Checks a number of hashes from a query or a batch line.</summary>
    public static Problem? IterationsInRange(ulong iterations, ulong max) => iterations >= 1 && iterations <= max
        ? null
        : new(
            Problems.IterationsInvalid,
            $"\"iterations\" is {iterations}; send a whole number from 1 to {max}, "
            + $"{Problems.EnqueueExample}.");

    /// <summary>The optional priority; 0 when absent.</summary>
    public static Problem? Priority(HttpRequest request, out byte priority)
    {
        priority = 0;
        string? text = request.Query["priority"];
        return text is null
            || (byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out priority)
                && priority <= Limits.PriorityMax)
            ? null
            : PriorityProblem(text);
    }

    /// <summary>What a bad priority is told.</summary>
    public static Problem PriorityProblem(string text) => new(
        Problems.PriorityInvalid,
        $"\"priority\" is \"{Shorten(text)}\"; send a whole number from 0 to {Limits.PriorityMax} (higher is served "
        + "first), or leave it out for 0.");

    /// <summary>The optional <c>Idempotency-Key</c>; zero when absent.</summary>
    public static Problem? IdempotencyKey(HttpRequest request, string purpose, out UInt128 key)
    {
        key = 0;
        StringValues values = request.Headers["Idempotency-Key"];
        if (values.Count == 0)
        {
            return null;
        }

        string text = values.ToString();
        if (values.Count > 1 || IsIdempotencyKeyBad(text))
        {
            return IdempotencyKeyProblem(text.Length);
        }

        key = MakeKey(purpose, text);
        return null;
    }

    /// <summary>True when a client's key is empty or too long.</summary>
    public static bool IsIdempotencyKeyBad(string text) =>
        text.Length is 0 or > Limits.IdempotencyKeyCharactersMax;

    /// <summary>What a bad key is told.</summary>
    public static Problem IdempotencyKeyProblem(int characters) => new(
        Problems.IdempotencyKeyInvalid,
        $"The Idempotency-Key has {characters} characters; send one key of 1 to "
        + $"{Limits.IdempotencyKeyCharactersMax} characters, a UUID for example.");

    /// <summary>
    /// 128 bits that stand for a client's key: the first of SHA-512("purpose:key"), so that a key of an enqueue and the
    /// same key of a pull do not meet. Never zero.
    /// </summary>
    public static UInt128 MakeKey(string purpose, string text)
    {
        var hasher = new BodyHasher();
        hasher.Append(Encoding.UTF8.GetBytes($"{purpose}:{text}"));
        Span<byte> digest = stackalloc byte[Digest512.SizeBytes];
        hasher.Finish(digest);
        UInt128 key = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest);
        return key == 0 ? 1 : key;
    }

    /// <summary>The required number of results to pull.</summary>
    public static Problem? Top(HttpRequest request, out int top)
    {
        top = 0;
        string? text = request.Query["top"];
        if (text is null)
        {
            return new(
                Problems.TopMissing,
                $"The query has no \"top\"; say how many results you want at most, {Problems.PullExample}.");
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out top)
            && top is >= 1 and <= Limits.PullTopMax
            ? null
            : new(
                Problems.TopInvalid,
                $"\"top\" is \"{Shorten(text)}\"; send a whole number from 1 to {Limits.PullTopMax} and call again for "
                + $"more, {Problems.PullExample}.");
    }

    /// <summary>The optional end of the completed queue to pull from.</summary>
    public static Problem? Order(HttpRequest request, out PullOrder order)
    {
        string? text = request.Query["order"];
        order = text == "newest" ? PullOrder.Newest : PullOrder.Oldest;
        return text is null or "oldest" or "newest"
            ? null
            : new(
                Problems.OrderInvalid,
                $"\"order\" is \"{Shorten(text)}\"; send oldest (the default) or newest.");
    }

    /// <summary>The job that the path names.</summary>
    public static Problem? Job(string text, out JobId id) => JobId.TryParse(text, out id)
        ? null
        : new(
            Problems.JobIdInvalid,
            $"\"{Shorten(text)}\" is not a job id; send the UUID that an enqueue answered, for example: "
            + "curl \"http://HOST:5000/jobs/0198c0de-0000-7000-8000-000000000000\".");

    /// <summary>True when the path names a job by the key of its enqueue: <c>key:</c> and the key.</summary>
    public static bool IsJobKey(string text, out UInt128 key)
    {
        const string Prefix = "key:";
        bool isKey = text.StartsWith(Prefix, StringComparison.Ordinal) && !IsIdempotencyKeyBad(text[Prefix.Length..]);
        key = isKey ? MakeKey("enqueue", text[Prefix.Length..]) : 0;
        return isKey;
    }

    /// <summary>The member that the path or query names.</summary>
    public static Problem? Node(string text, out NodeId id) => NodeId.TryParse(text, out id)
        ? null
        : new(
            Problems.MemberIdInvalid,
            $"\"{Shorten(text)}\" is not a member's id; send 16 hex digits as GET /members lists them.");

    /// <summary>Whether a node that drains leaves the cluster for good.</summary>
    public static Problem? Leave(HttpRequest request, out bool leave)
    {
        string? text = request.Query["leave"];
        leave = text == "true";
        return text is null or "true" or "false"
            ? null
            : new(
                Problems.LeaveInvalid,
                $"\"leave\" is \"{Shorten(text)}\"; send true to remove this node from the cluster, or leave it out.");
    }

    /// <summary>The optional time to wait for a job to finish: 500ms, 30s, 2m or plain seconds.</summary>
    public static Problem? Wait(HttpRequest request, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        string? text = request.Query["wait"];
        return text is null || (DurationText.TryParse(text, out wait) && wait.TotalMilliseconds <= Limits.WaitMsMax)
            ? null
            : new(
                Problems.WaitInvalid,
                $"\"wait\" is \"{Shorten(text)}\"; send a duration such as 500ms, 30s, 2m or plain seconds, at most "
                + $"{Limits.WaitMsMax / 1000}s.");
    }

    /// <summary>Which jobs a listing asks for.</summary>
    public static Problem? Page(HttpRequest request, out JobState? state, out int limit)
    {
        limit = PageJobsDefault;
        state = null;
        string? stateText = request.Query["state"];
        if (stateText is not null && !TryParseState(stateText, out state))
        {
            return new(
                Problems.PageInvalid,
                $"\"state\" is \"{Shorten(stateText)}\"; send pending (running jobs included), completed, pulled or "
                + "cancelled, or leave it out for all.");
        }

        string? limitText = request.Query["limit"];
        return limitText is null
            || (int.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit is >= 1 and <= PageJobsMax)
            ? null
            : new(
                Problems.PageInvalid,
                $"\"limit\" is \"{Shorten(limitText)}\"; send a whole number from 1 to {PageJobsMax}.");
    }

    private static bool TryParseState(string text, out JobState? state)
    {
        state = text switch
        {
            "pending" => JobState.Pending,
            "completed" => JobState.Completed,
            "pulled" => JobState.Pulled,
            "cancelled" => JobState.Cancelled,
            _ => null,
        };
        return state is not null;
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
