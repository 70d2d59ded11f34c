using JobNode.Commands;

namespace JobNode.Fuzz;

/// <summary>Real values to encode: few ids, keys and chains, so that they collide.</summary>
internal static class Samples
{
    /// <summary>One command of each kind, and some more.</summary>
    public static IEnumerable<Command> Commands(Random random)
    {
        yield return new Enqueue([Job(random, 1), Job(random, 2) with { IdempotencyKey = 0 }]);
        yield return new Enqueue([Job(random, 3) with { IterationsTotal = 1 }]);
        yield return new Complete([new FinishedChain(Id(1), Digest(random), new NodeId(7))]);
        yield return new Checkpoint([new ChainProgress(Id(2), Digest(random), 2)]);
        yield return Checkpoint.At(2, [new ChainProgress(Id(2), Digest(random), 3) { Worker = new NodeId(9) }]);
        yield return new Pull(5, 10, PullOrder.Oldest);
        yield return new Pull(6, Limits.PullTopMax, PullOrder.Newest);
        yield return new Cancel(Id(2));
        yield return new Expire(1000, 0, 10);
        yield return new Recall([new ChainProgress(Id(2), Digest(random), 2)]);
        yield return new Quarantine(new NodeId(9), "computed another result");
        yield return new Quarantine(new NodeId(8), "computed another result, too");
        yield return new Release(new NodeId(8));
    }

    /// <summary>One result of each kind.</summary>
    public static IEnumerable<CommandResult> Results(Random random)
    {
        yield return CommandResult.Ok;
        yield return new CommandResult(ResultCode.OutcomeUnknown);
        yield return new EnqueueResult(
            [new JobOutcome(Id(1), ResultCode.Ok), new JobOutcome(Id(2), ResultCode.Duplicate)]);
        yield return new ChainsResult([new JobOutcome(Id(1), ResultCode.StaleCheckpoint)]);
        yield return new PullResult([new PulledJob(Id(1), Digest(random), 3, 1000)]);
        yield return new PullResult([]);
        yield return new ExpireResult(3);
    }

    /// <summary>A configuration with all kinds of members.</summary>
    public static ClusterConfiguration Configuration() => new(
        7,
        [
            new Member(new NodeId(1), "127.0.0.1:5001") { Role = MemberRole.Voter, Zone = "a" },
            new Member(new NodeId(2), "b:5001") { Role = MemberRole.StandBy, FeatureLevel = FeatureLevels.Latest },
            new Member(new NodeId(3), "[::1]:5001") { Role = MemberRole.Spare },
        ])
    {
        Removed = [new NodeId(4)],
    };

    /// <summary>A job that is new.</summary>
    public static NewJob Job(Random random, int number) =>
        new(Id(number), Digest(random), (ulong)random.Next(2, 9), (byte)random.Next(10), (UInt128)random.Next(1, 9));

    /// <summary>An id.</summary>
    public static JobId Id(int number) => new(((UInt128)0x0190 << 112) + (UInt128)number);

    /// <summary>A chain value.</summary>
    public static Digest512 Digest(Random random)
    {
        byte[] bytes = new byte[Digest512.SizeBytes];
        random.NextBytes(bytes);
        return Digest512.From(bytes);
    }
}
