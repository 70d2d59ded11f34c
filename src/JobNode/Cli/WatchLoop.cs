using System.Globalization;

namespace JobNode.Cli;

/// <summary>What is shown at one moment.</summary>
/// <param name="Summary">All of it in one line, without colours.</param>
/// <param name="Lines">For a terminal.</param>
/// <param name="Json">For programs, one line.</param>
/// <param name="HasLeader">The node asked knows a leader.</param>
internal sealed record Frame(string Summary, IReadOnlyList<string> Lines, string Json, bool HasLeader);

/// <summary>
/// Asks and shows, once or again and again until Ctrl-C. Again and again it draws over what it drew before on a
/// terminal, elsewhere it adds a line each time; a node that falls silent ends nothing: it says so and asks another.
/// </summary>
internal sealed class WatchLoop(CliContext context, NodeRing nodes, bool asJson)
{
    /// <summary>A node that answers later than this is taken for silent.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly LiveText _live = new(context);
    private Frame? _last;

    /// <summary>Shows all of it one time; the exit code says whether there is a leader.</summary>
    /// <exception cref="CliFailure">No node answers, or it refuses.</exception>
    public async Task<int> ShowOnceAsync(
        Func<ApiClient, CancellationToken, Task<Frame>> draw, CancellationToken cancellation)
    {
        Frame frame = await nodes.AskAsync(draw, cancellation);
        foreach (string line in asJson ? [frame.Json] : frame.Lines)
        {
            await context.Out.WriteLineAsync(line);
        }

        return (int)(frame.HasLeader ? ExitCode.Ok : ExitCode.NoQuorum);
    }

    /// <summary>Goes on until it is interrupted; gives the exit code.</summary>
    /// <exception cref="CliFailure">The very first answer did not come, or the node refuses for good.</exception>
    public async Task<int> RunAsync(
        TimeSpan every, Func<ApiClient, CancellationToken, Task<Frame>> draw, CancellationToken cancellation)
    {
        using var interruption = new Interruption(cancellation);
        do
        {
            try
            {
                await nodes.LearnAsync(interruption.Asked);
                _last = await nodes.AskAsync(draw, interruption.Asked);
                Show(_last, every);
                if (!_last.HasLeader)
                {
                    // It may be cut off alone.
                    nodes.Turn();
                }
            }
            catch (OperationCanceledException) when (interruption.Asked.IsCancellationRequested)
            {
                break;
            }
            catch (CliFailure failure)
                when (failure.IsPassing && (nodes.HasAnswered || failure.Code == ExitCode.NoQuorum))
            {
                ShowLoss(CliText.FirstSentence(failure.Message));
            }
        }
        while (await interruption.WaitAsync(every, context.Time));
        return (int)ExitCode.Ok;
    }

    private void Show(Frame frame, TimeSpan every)
    {
        if (asJson)
        {
            Append(frame.Json);
        }
        else if (context.OutIsTerminal)
        {
            string head = $"{Now:HH:mm:ss}  {nodes.Address}, every {CliText.Duration(every.TotalSeconds)}; Ctrl-C ends";
            _live.Show(frame.Lines.Prepend(new Paint(context.IsColorWanted).Dim(head)));
        }
        else
        {
            Append($"{Stamp} {frame.Summary}");
        }
    }

    private void ShowLoss(string sentence)
    {
        string lost = nodes.Address;
        nodes.Turn();
        string next = nodes.Address == lost ? "asked again" : $"{nodes.Address} is asked next";
        if (asJson)
        {
            context.Error.WriteLine($"jobnode: {Stamp} {lost}: {sentence} ({next})");
        }
        else if (context.OutIsTerminal)
        {
            var paint = new Paint(context.IsColorWanted);
            IEnumerable<string> before = _last is null
                ? []
                : _last.Lines.Skip(1).Prepend(paint.Dim("What was known before:"));
            _live.Show(before.Prepend(paint.Red($"{Now:HH:mm:ss}  {lost}, {next}: {sentence}")));
        }
        else
        {
            Append($"{Stamp} {lost}: {sentence} ({next})");
        }
    }

    private DateTimeOffset Now => context.Time.GetLocalNow();

    private string Stamp =>
        context.Time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private void Append(string line)
    {
        context.Out.WriteLine(line);
        context.Out.Flush();
    }
}
