namespace JobNode.Commands;

/// <summary>What applying a command gave: an ordinary value, the same on every node.</summary>
/// <param name="Code">How it ended.</param>
internal record CommandResult(ResultCode Code)
{
    /// <summary>The plain success.</summary>
    public static readonly CommandResult Ok = new(ResultCode.Ok);
}

/// <summary>One outcome per job of an <see cref="Enqueue"/>, in order.</summary>
internal sealed record EnqueueResult(IReadOnlyList<JobOutcome> Jobs) : CommandResult(ResultCode.Ok);

/// <summary>
/// One outcome per chain of a <see cref="Complete"/>, <see cref="Checkpoint"/> or <see cref="Recall"/>, in order.
/// </summary>
internal sealed record ChainsResult(IReadOnlyList<JobOutcome> Jobs) : CommandResult(ResultCode.Ok);

/// <summary>The batch of a <see cref="Pull"/>.</summary>
internal sealed record PullResult(IReadOnlyList<PulledJob> Jobs) : CommandResult(ResultCode.Ok);

/// <summary>How many jobs and keys an <see cref="Expire"/> removed.</summary>
internal sealed record ExpireResult(int Removed) : CommandResult(ResultCode.Ok);

/// <summary>A job's outcome. On <see cref="ResultCode.Duplicate"/> the id is that of the job accepted first.</summary>
internal readonly record struct JobOutcome(JobId Id, ResultCode Code);

/// <summary>A result as the client gets it.</summary>
internal readonly record struct PulledJob(JobId Id, Digest512 Result, ulong Iterations, ulong CompletedAtMs);
