using System.Globalization;
using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Api;

/// <summary>Which nodes serve a call themselves, and which pass it to the leader.</summary>
internal enum CallPassing
{
    /// <summary>Every node answers it; commands find the leader by themselves.</summary>
    Never = 0,

    /// <summary>A node without the log (a spare, a joiner) has no state to read from.</summary>
    WithoutLog = 1,

    /// <summary>Only the leader knows the answer, or may do what is asked.</summary>
    UnlessLeading = 2,
}

/// <summary>Passes what this node cannot answer to the leader, and hands on its answer.</summary>
internal sealed class LeaderCalls(StatusBoard board, IApplyThread applyThread, CallForwarder forwarder)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(Limits.NoLeaderTimeoutMs);

    private volatile bool _mustCatchUp;
    private int _isCatchingUp;

    /// <summary>
    /// True when another node passed this call on: its client was let in there, and it goes no further.
    /// </summary>
    public static bool IsPassed(HttpContext context) => context.Features.Get<PassedMark>() is not null;

    /// <summary>How long the client has waited already at the node that passed the call on.</summary>
    public static TimeSpan Elapsed(HttpContext context) =>
        context.Features.Get<PassedMark>()?.Elapsed ?? TimeSpan.Zero;

    /// <summary>Marks a context as one that another node passed on.</summary>
    public static void Mark(HttpContext context, TimeSpan elapsed) =>
        context.Features.Set(new PassedMark(elapsed));

    /// <summary>True when this node cannot serve calls of this kind now.</summary>
    public bool IsForLeader(CallPassing passing) => passing switch
    {
        CallPassing.WithoutLog => IsWithoutState(),
        CallPassing.UnlessLeading => !board.Current.IsLeader,
        _ => false,
    };

    /// <summary>Passes the call on and hands on the answer. False: this node leads by now and serves it.</summary>
    public async Task<bool> TryPassAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        var call = new PassedCall(
            request.Method, $"{request.Path.ToUriComponent()}{request.QueryString}", TimeSpan.Zero);
        PassedOutcome outcome = await forwarder.PassAsync(call, Patience, context.RequestAborted);
        switch (outcome.Fate)
        {
            case PassedFate.Answered:
                await HandOnAsync(context, outcome.Answer!);
                return true;
            case PassedFate.LeadsHere:
                return false;
            case PassedFate.Lost:
                await ApiResponses.ProblemAsync(context, new(
                    Problems.OutcomeUnknown,
                    "The leader was lost while it served this call, so it may or may not have taken effect; look at "
                    + "GET /members and send it again if it is still wanted."));
                return true;
            default:
                await ApiResponses.ProblemAsync(
                    context, Problems.NoQuorumNow("the leader, which answers this call, is not known; send it again"));
                return true;
        }
    }

    /// <summary>Asks the leader something on this node's own account.</summary>
    public Task<PassedOutcome> AskAsync(string target, TimeSpan patience, CancellationToken cancellation) =>
        forwarder.PassAsync(new PassedCall("GET", target, TimeSpan.Zero), patience, cancellation);

    /// <summary>
    /// True before this node has a state, and until that state has caught up with the answers that it handed on
    /// meanwhile: a client must not see the cluster go back when a new member begins to answer for itself.
    /// </summary>
    private bool IsWithoutState()
    {
        ConsensusStatus status = board.Current;
        if (status.AppliedIndex == 0)
        {
            _mustCatchUp = true;
            return true;
        }

        if (!_mustCatchUp || status.IsLeader)
        {
            return false;
        }

        if (Interlocked.Exchange(ref _isCatchingUp, 1) == 0)
        {
            _ = CatchUpAsync();
        }

        return true;
    }

    private async Task CatchUpAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            _mustCatchUp = !await applyThread.ReadBarrierAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The next call asks again.
        }
        finally
        {
            Volatile.Write(ref _isCatchingUp, 0);
        }
    }

    private static Task HandOnAsync(HttpContext context, PassedAnswer answer)
    {
        if (answer.RetryAfterSeconds > 0)
        {
            context.Response.Headers.RetryAfter = answer.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return ApiResponses.BytesAsync(context, answer.Status, answer.ContentType, answer.Body);
    }

    private sealed record PassedMark(TimeSpan Elapsed);
}
