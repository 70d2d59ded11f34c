using JobNode.Chaos.Histories;

namespace JobNode.Tests.Chaos;

/// <summary>
/// Writes histories by hand: calls one after the other, ten microseconds each with one in between.
/// </summary>
internal sealed class WrittenHistory
{
    private readonly List<HistoryRecord> _records = [new LoadBegan()];
    private long _nowUs;
    private int _faults;

    /// <summary>The records so far.</summary>
    public IReadOnlyList<HistoryRecord> Records => _records;

    /// <summary>Time of the latest record, in microseconds.</summary>
    public long NowUs => _nowUs;

    /// <summary>Lets time pass.</summary>
    public WrittenHistory Wait(long us)
    {
        _nowUs += us;
        return this;
    }

    /// <summary>An enqueue of a job whose id is made from its key.</summary>
    public WrittenHistory Enqueue(
        string key, Outcome outcome = Outcome.Ok, string? id = null, ulong iterations = 3, string node = "n1") =>
        Call(new Operation
        {
            Kind = OperationKind.Enqueue,
            Node = node,
            Key = key,
            Body = BodyOf(key),
            Iterations = iterations,
            Outcome = outcome,
            Id = outcome == Outcome.Ok ? id ?? IdOf(key) : null,
        });

    /// <summary>A pull that gives right results of these jobs of three iterations.</summary>
    public WrittenHistory Pull(string key, params string[] jobs) => Pull(key, Outcome.Ok, jobs);

    /// <summary>A pull that gives this, whatever was sent.</summary>
    public WrittenHistory PullOf(string key, JobSeen job) => Call(new Operation
    {
        Kind = OperationKind.Pull,
        Node = "n1",
        Key = key,
        Jobs = [job],
    });

    /// <summary>A pull with any outcome.</summary>
    public WrittenHistory Pull(string key, Outcome outcome, params string[] jobs) => Call(new Operation
    {
        Kind = OperationKind.Pull,
        Node = "n2",
        Key = key,
        Outcome = outcome,
        Jobs = outcome == Outcome.Ok ? [.. jobs.Select(job => Finished(job))] : null,
    });

    /// <summary>A read of a job of three iterations.</summary>
    public WrittenHistory Read(string job, string? state, ulong done = 1, string node = "n1", int status = 200) =>
        Call(new Operation
        {
            Kind = OperationKind.Read,
            Node = node,
            Id = IdOf(job),
            Outcome = state is null ? Outcome.Refused : Outcome.Ok,
            Status = state is null ? 404 : status,
            Jobs = state is null ? null : [Row(job, state, done)],
        });

    /// <summary>A list with one job.</summary>
    public WrittenHistory List(string job, string state, ulong done = 1, string node = "n1") => Call(new Operation
    {
        Kind = OperationKind.List,
        Node = node,
        Jobs = [Row(job, state, done)],
    });

    /// <summary>A cancel.</summary>
    public WrittenHistory Cancel(string job, Outcome outcome = Outcome.Ok, int status = 200) => Call(new Operation
    {
        Kind = OperationKind.Cancel,
        Node = "n1",
        Id = IdOf(job),
        Outcome = outcome,
        Status = status,
    });

    /// <summary>A node's status.</summary>
    public WrittenHistory Status(
        string node, ulong applied, string digest = "d", string role = "voter", ulong term = 1, string? nodeId = null)
    {
        _nowUs += 11;
        return Add(new StatusSeen
        {
            Node = node,
            BeginUs = _nowUs - 10,
            NodeId = nodeId ?? node,
            Role = role,
            AppliedIndex = applied,
            Digest = digest,
            Term = term,
        });
    }

    /// <summary>A fault that begins now; its end is another call.</summary>
    public WrittenHistory Fault(string kind, long lengthUs)
    {
        int fault = ++_faults;
        Add(new FaultBegan { Fault = fault, Kind = kind, Targets = ["n1"], Description = kind });
        _nowUs += lengthUs;
        return Add(new FaultEnded { Fault = fault });
    }

    /// <summary>A call as it is, made ten microseconds ago.</summary>
    public WrittenHistory Call(Operation operation)
    {
        _nowUs += 11;
        return Add(operation with { BeginUs = operation.BeginUs == 0 ? _nowUs - 10 : operation.BeginUs });
    }

    /// <summary>Any record, now.</summary>
    public WrittenHistory Add(HistoryRecord record)
    {
        _records.Add(record with { AtUs = _nowUs });
        return this;
    }

    /// <summary>The end of the load, drained, and what the checker says.</summary>
    public Verdict Verdict(long unfinished = 0, long completed = 0)
    {
        Add(new LoadEnded());
        Add(new Drained { Unfinished = unfinished, Completed = completed });
        return HistoryChecker.Check(History.Of(_records));
    }

    /// <summary>The id of the job with this key.</summary>
    public static string IdOf(string key) => $"id-of-{key}";

    /// <summary>The body of the job with this key.</summary>
    public static JobBody BodyOf(string key) => new(key, key.Length);

    /// <summary>A pulled job with its right result.</summary>
    public static JobSeen Finished(string key, ulong iterations = 3) => new()
    {
        Id = IdOf(key),
        Iterations = iterations,
        Result = Oracle.Result(BodyOf(key), iterations),
    };

    private static JobSeen Row(string key, string state, ulong done) =>
        (state is "completed" or "pulled" ? Finished(key) : new JobSeen { Id = IdOf(key), Iterations = 3 }) with
        {
            State = state,
            Done = done,
        };
}
