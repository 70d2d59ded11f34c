namespace JobNode.Observability;

/// <summary>
/// Follows some jobs on their way, each node its own part of it. Nothing of that is replicated: the trace is named by
/// the job's id, its first span by the id's low half, so every node knows both. Thread-safe; costs one comparison for a
/// job that is not followed.
/// </summary>
internal sealed class JobTraces(TraceSampler sampler, Action<JobSpan> emit, TimeProvider time)
{
    /// <summary>Jobs in this node's hands that are followed, at most; more are not.</summary>
    private const int HeldMax = 4096;

    /// <summary>Where a UUID has its version (RFC 9562): 7 in a job's id, another in the name of a check.</summary>
    private const int VersionShift = 76;
    private const int JobVersion = 7;

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Held> _held = [];

    /// <summary>Follows none.</summary>
    public static JobTraces Off { get; } = new(default, static _ => { }, TimeProvider.System);

    /// <summary>True when any job may be followed.</summary>
    public bool IsOn => sampler.IsOn;

    /// <summary>The time, to begin a span with.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>True for a job that is followed; never for a check, whose name nobody else knows.</summary>
    public bool Follows(UInt128 job) => ((int)(job >> VersionShift) & 0xF) == JobVersion && sampler.Takes(job);

    /// <summary>A node accepted a job: the first span of its trace, and in it the time that its commit took.</summary>
    /// <param name="job">The job.</param>
    /// <param name="isKnown">An earlier call made it; this one only asked again.</param>
    /// <param name="began">When the request came.</param>
    /// <param name="proposed">When its body was hashed, and the command went into the log.</param>
    /// <param name="iterations">As asked for.</param>
    /// <param name="parent">The client's <c>traceparent</c>, or null.</param>
    public void Enqueued(
        UInt128 job, bool isKnown, DateTimeOffset began, DateTimeOffset proposed, ulong iterations, string? parent)
    {
        if (!Follows(job))
        {
            return;
        }

        DateTimeOffset now = Now;
        ulong root = RootOf(job);
        ulong own = isKnown ? NewSpanId() : root;
        emit(new JobSpan(
            job,
            own,
            isKnown ? root : 0,
            "enqueue",
            SpanKind.Server,
            began,
            now,
            [SpanAttribute.Of("jobnode.job.id", IdOf(job)), SpanAttribute.Of("jobnode.job.iterations", iterations)])
        {
            Link = SpanLink.Parse(parent),
        });
        emit(new JobSpan(job, NewSpanId(), own, "commit", SpanKind.Internal, proposed, now, []));
    }

    /// <summary>This node has the job in hand.</summary>
    public void WorkBegan(UInt128 job, ulong iterationsDone)
    {
        if (Follows(job))
        {
            lock (_lock)
            {
                if (_held.Count < HeldMax)
                {
                    _held.TryAdd(job, new Held(Now, iterationsDone));
                }
            }
        }
    }

    /// <summary>It has not any more.</summary>
    /// <param name="job">The job.</param>
    /// <param name="outcome">finished, or dropped.</param>
    public void WorkEnded(UInt128 job, string outcome)
    {
        if (!Follows(job))
        {
            return;
        }

        Held held;
        lock (_lock)
        {
            if (!_held.Remove(job, out held))
            {
                return;
            }
        }

        Add(job, "work", held.Since,
            [SpanAttribute.Of("jobnode.work.from", held.From), SpanAttribute.Of("jobnode.work.outcome", outcome)]);
    }

    /// <summary>A step that began then and ends now.</summary>
    public void Add(UInt128 job, string name, DateTimeOffset began, IReadOnlyList<SpanAttribute>? attributes = null)
    {
        if (Follows(job))
        {
            emit(new JobSpan(
                job, NewSpanId(), RootOf(job), name, SpanKind.Internal, began, Now, attributes ?? []));
        }
    }

    /// <summary>Never 0: the low half of a UUID begins with its variant, 10.</summary>
    private static ulong RootOf(UInt128 job) => (ulong)job;

    private static ulong NewSpanId() => (ulong)Random.Shared.NextInt64(1, long.MaxValue);

    private static string IdOf(UInt128 job)
    {
        string hex = job.ToString("x32");
        return $"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}";
    }

    private readonly record struct Held(DateTimeOffset Since, ulong From);
}
