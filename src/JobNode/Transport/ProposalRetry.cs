using System.Collections.Concurrent;
using JobNode.Commands;

namespace JobNode.Transport;

/// <summary>
/// The one place that decides what to do with a command that did not get through: try here, pass on to the leader, wait
/// for another one, try again, give up.
/// </summary>
/// <remarks>
/// Trying again after <see cref="ResultCode.OutcomeUnknown"/> is safe because every command names what it does: Enqueue
/// by job id, Pull by key; Complete, Checkpoint, Cancel and Expire give the same state when applied twice. What is not
/// safe is to say "never logged" once an attempt may have been: then the answer stays OutcomeUnknown.
/// </remarks>
/// <param name="local">This node's own proposer.</param>
/// <param name="passOn">Sends a command to a leader; failures are codes, never exceptions, except cancellation.</param>
/// <param name="board">Who leads.</param>
/// <param name="clock">For the waiting.</param>
internal sealed class ProposalRetry(
    ICommandProposer local,
    Func<Member, Command, CancellationToken, Task<Proposed>> passOn,
    StatusBoard board,
    TimeProvider clock)
{
    private const int BackoffFirstMs = 10;
    private const int BackoffLastMs = 500;

    private const int DeadlinesKeptMax = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(Limits.NoLeaderTimeoutMs);

    private readonly ConcurrentStack<CancellationTokenSource> _deadlines = new();
    private int _deadlinesKept;

    /// <summary>Tries until there is an answer or <see cref="Limits.NoLeaderTimeoutMs"/> are over.</summary>
    public async Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation)
    {
        CancellationTokenSource either = RentDeadline();
        CancellationTokenRegistration given = cancellation.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(), either);
        var backoff = new Backoff(BackoffFirstMs, BackoffLastMs);
        bool maybeLogged = false;
        ResultCode last = ResultCode.NotLeader;
        try
        {
            while (true)
            {
                ConsensusStatus seen = board.Current;
                bool attempted = maybeLogged;
                maybeLogged = true;
                Proposed answer = await local.ProposeAsync(command, either.Token);
                if (answer.Result.Code == ResultCode.NotLeader && FindOtherLeader(seen) is { } leader)
                {
                    answer = await passOn(leader, command, either.Token);
                }

                last = answer.Result.Code;
                maybeLogged = attempted || last == ResultCode.OutcomeUnknown;
                if (last == ResultCode.Stopping && maybeLogged)
                {
                    return new Proposed(new CommandResult(ResultCode.OutcomeUnknown), 0);
                }

                if (IsFinal(last, maybeLogged))
                {
                    return Settle(command, answer);
                }

                await WaitAsync(seen, last, backoff.Next(), either.Token);
            }
        }
        catch (OperationCanceledException)
            when (!cancellation.IsCancellationRequested && either.IsCancellationRequested)
        {
            return new Proposed(new CommandResult(maybeLogged ? ResultCode.OutcomeUnknown : last), 0);
        }
        finally
        {
            // Nothing can cancel it once this returned.
            given.Dispose();
            ReturnDeadline(either);
        }
    }

    /// <summary>
    /// An Enqueue that was tried twice finds its own job there already. For the caller that is the success it asked
    /// for; a duplicate of another job (by idempotency key) stays one.
    /// </summary>
    public static Proposed Settle(Command command, Proposed answer)
    {
        if (command is not Enqueue enqueue || answer.Result is not EnqueueResult result)
        {
            return answer;
        }

        Invariant.That(enqueue.Jobs.Count == result.Jobs.Count, "an enqueue has one outcome per job");
        JobOutcome[]? outcomes = null;
        for (int i = 0; i < result.Jobs.Count; i++)
        {
            JobOutcome outcome = result.Jobs[i];
            if (outcome.Code == ResultCode.Duplicate && outcome.Id == enqueue.Jobs[i].Id)
            {
                outcomes ??= [.. result.Jobs];
                outcomes[i] = outcome with { Code = ResultCode.Ok };
            }
        }

        return outcomes is null ? answer : answer with { Result = new EnqueueResult(outcomes) };
    }

    private static Member? FindOtherLeader(ConsensusStatus seen) =>
        seen.Leader == seen.Self ? null : seen.Configuration.Find(seen.Leader);

    /// <summary>
    /// A source that cancels itself when the time is over: thousands of times a second it is not needed, and goes back.
    /// </summary>
    private CancellationTokenSource RentDeadline()
    {
        if (!_deadlines.TryPop(out CancellationTokenSource? deadline))
        {
            return new CancellationTokenSource(Patience, clock);
        }

        Interlocked.Decrement(ref _deadlinesKept);
        deadline.CancelAfter(Patience);
        return deadline;
    }

    private void ReturnDeadline(CancellationTokenSource deadline)
    {
        if (Volatile.Read(ref _deadlinesKept) < DeadlinesKeptMax && deadline.TryReset())
        {
            Interlocked.Increment(ref _deadlinesKept);
            _deadlines.Push(deadline);
        }
        else
        {
            deadline.Dispose();
        }
    }

    /// <summary>
    /// True for all but what another attempt can change. "Too busy" is the caller's to hear while nothing was logged
    /// for sure; after an unknown outcome it would be a lie, so it is tried again.
    /// </summary>
    private static bool IsFinal(ResultCode code, bool maybeLogged) => code switch
    {
        ResultCode.NotLeader or ResultCode.OutcomeUnknown => false,
        ResultCode.Overloaded => !maybeLogged,
        _ => true,
    };

    private async Task WaitAsync(
        ConsensusStatus seen, ResultCode last, TimeSpan atMost, CancellationToken cancellation)
    {
        // With no leader nothing can change until the board says so; otherwise the leader's own view may be about to
        // change without ours changing, so come back after the pause in any case.
        using var pause = new CancellationTokenSource(atMost, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, pause.Token);
        bool leaderless = last == ResultCode.NotLeader && seen.Leader == NodeId.None;
        try
        {
            await board.WaitForChangeAsync(seen, leaderless ? cancellation : either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The pause is over.
        }
    }
}
