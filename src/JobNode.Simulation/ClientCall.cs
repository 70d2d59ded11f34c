using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>One call of a client, tried again until it has an answer.</summary>
internal sealed class ClientCall(Func<Command> next, Action<CommandResult, bool> answered)
{
    /// <summary>The try under way; null between two.</summary>
    public Task<Proposed>? Attempt { get; private set; }

    /// <summary>When the try, or the pause after it, began.</summary>
    public long StartedMs { get; private set; }

    /// <summary>No try before may have taken effect.</summary>
    public bool IsFirst { get; private set; } = true;

    /// <summary>The answer is lost on its way, once.</summary>
    public bool LosesAnswer { get; set; }

    /// <summary>Asks a node.</summary>
    public void Try(ICommandProposer? node, long nowMs)
    {
        StartedMs = nowMs;
        Attempt = node?.ProposeAsync(next(), CancellationToken.None);
    }

    /// <summary>Pauses; the last try may have taken effect.</summary>
    public void Pause(long nowMs, bool mayHaveWorked)
    {
        IsFirst &= !mayHaveWorked;
        Attempt = null;
        StartedMs = nowMs;
    }

    /// <summary>It has its answer.</summary>
    public void End(CommandResult result) => answered(result, IsFirst);
}
