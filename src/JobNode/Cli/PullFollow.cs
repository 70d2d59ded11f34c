using JobNode.Api;

namespace JobNode.Cli;

/// <summary>Takes results as they come, each once, until Ctrl-C or until there are enough.</summary>
/// <remarks>
/// Every batch has a key of its own, which is kept until its answer was read: when the connection breaks, or the node
/// goes, the same batch is asked for again, from any node. Ctrl-C does not give up an answer that is on its way.
/// </remarks>
internal sealed class PullFollow(CliContext context, NodeRing nodes, Action<PulledResponse> print)
{
    /// <summary>An answer that takes longer is asked for again, elsewhere if there is an elsewhere.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private string _key = NewKey();
    private bool _isSilent;

    /// <summary>A pull is under way, or its answer got lost.</summary>
    private bool _isOwed;

    /// <summary>Goes on until it is interrupted or has <paramref name="count"/> results; gives the exit code.</summary>
    /// <exception cref="CliFailure">The very first answer did not come, the node refuses for good, or it was
    /// interrupted while an answer was missing.</exception>
    public async Task<int> RunAsync(int top, string order, long count, CancellationToken cancellation)
    {
        using var interruption = new Interruption(cancellation);
        bool isIdle = false;
        for (long left = count; left > 0;)
        {
            int ask = (int)Math.Min(top, left);
            try
            {
                await nodes.LearnAsync(interruption.Asked);

                // To look costs the cluster nothing; a pull, also one that finds nothing, is an entry of its log.
                int got = isIdle && !await HasResultsAsync() ? 0 : await PullAsync(ask, order);
                Say(null);
                left -= got;
                isIdle = got < ask;
                if (interruption.Asked.IsCancellationRequested
                    || (isIdle && left > 0 && !await interruption.WaitAsync(Pause, context.Time)))
                {
                    break;
                }
            }
            catch (CliFailure failure) when (failure.IsPassing && nodes.HasAnswered)
            {
                Say(CliText.FirstSentence(failure.Message));
                nodes.Turn();
                bool goesOn = await interruption.WaitAsync(Pause, context.Time);
                if (!goesOn && _isOwed)
                {
                    throw new CliFailure(
                        failure.Code,
                        $"an answer is missing; if it held results, they come with 'jobnode pull --top {ask} "
                        + $"--idempotency-key {_key}' for as long as the cluster keeps them (--retention).");
                }

                left = goesOn ? left : 0;
            }
        }

        return (int)ExitCode.Ok;
    }

    private static string NewKey() => $"cli-{Guid.NewGuid():N}";

    private async Task<bool> HasResultsAsync()
    {
        StatusResponse status = await nodes.AskAsync(
            (client, patience) => client.GetAsync("/status", ApiJsonContext.Default.StatusResponse, patience),
            CancellationToken.None);
        return status.Leader is null
            ? throw new CliFailure(ExitCode.NoQuorum, $"{nodes.Address} knows no leader.") { IsPassing = true }
            : status.Queue.Completed > 0;
    }

    private async Task<int> PullAsync(int top, string order)
    {
        _isOwed = true;
        string text = await nodes.AskAsync(
            (client, patience) => client.PullAsync(top, order, _key, patience), CancellationToken.None);
        List<PulledResponse> jobs = ApiClient.Read(text, ApiJsonContext.Default.ListPulledResponse);
        foreach (PulledResponse job in jobs)
        {
            print(job);
        }

        await context.Out.FlushAsync();
        _isOwed = false;
        _key = jobs.Count > 0 ? NewKey() : _key;
        return jobs.Count;
    }

    /// <summary>Once for each silence, and once when it is over.</summary>
    private void Say(string? trouble)
    {
        if (trouble is not null && !_isSilent)
        {
            context.Error.WriteLine($"jobnode: {trouble} Going on; no result is lost.");
        }
        else if (trouble is null && _isSilent)
        {
            context.Error.WriteLine($"jobnode: {nodes.Address} answers; going on.");
        }

        _isSilent = trouble is not null;
    }
}
