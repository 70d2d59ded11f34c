using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Simulation;

/// <summary>A job as its client knows it.</summary>
internal sealed class ClientJob(ulong number, ulong total, byte priority, bool hasKey)
{
    private ulong _attempts;
    private int _calls;
    private bool _wasTaken;

    /// <summary>Named in its chain.</summary>
    public ulong Number => number;

    /// <summary>Iterations asked for.</summary>
    public ulong Total => total;

    /// <summary>Its idempotency key; zero for none.</summary>
    public UInt128 Key => hasKey ? (UInt128)number + 1 : UInt128.Zero;

    /// <summary>The id that was acknowledged.</summary>
    public JobId? Id { get; private set; }

    /// <summary>Its cancellation was acknowledged.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Its completion was seen, or told to one who wanted to cancel.</summary>
    public bool IsFinished { get; set; }

    /// <summary>The key of the pull that gave it out; zero before.</summary>
    public UInt128 PulledUnder { get; set; }

    /// <summary>The furthest place that a read through a barrier showed.</summary>
    public (int Rank, ulong Done) Seen { get; set; }

    /// <summary>
    /// Another try to put it in: under a key each with an id of its own, as nodes give them; without, under one id.
    /// </summary>
    public NewJob Attempt(ulong? otherTotal = null)
    {
        _attempts += hasKey ? 1UL : 0;
        var id = new JobId(((UInt128)0x0190_0000_0000_7000 << 64) | (number << 20) | _attempts);
        return new NewJob(id, StandInChain.Of(number, 1), otherTotal ?? total, priority, Key);
    }

    /// <summary>One more call puts it in.</summary>
    public void NoteCall() => _calls++;

    /// <summary>It was acknowledged, perhaps not for the first time.</summary>
    /// <param name="outcome">What was said of it.</param>
    /// <param name="isFirstTry">No other try of this call can have taken effect.</param>
    public void Acknowledge(JobOutcome outcome, bool isFirstTry)
    {
        JobId id = outcome.Id;
        HistoryChecker.Require(
            outcome.Code == ResultCode.Ok || outcome.Code == ResultCode.Duplicate,
            $"job number {number} was answered {outcome.Code}");
        HistoryChecker.Require(
            outcome.Code == ResultCode.Duplicate || !_wasTaken, $"job number {number} was taken in twice");
        HistoryChecker.Require(
            outcome.Code == ResultCode.Ok || !isFirstTry || _calls > 1,
            $"job number {number} was known before it was sent");
        HistoryChecker.Require(Id is null || Id == id, $"job number {number} was given the ids {Id} and {id}");
        _wasTaken |= outcome.Code == ResultCode.Ok;
        Id = id;
        IsFinished |= total == 1;
    }

    /// <summary>How far a job is; grows only.</summary>
    public static (int Rank, ulong Done) PlaceOf(JobDetails? job) => job switch
    {
        null => (0, 0),
        { State: JobState.Pending } pending => (1, pending.IterationsDone),
        { State: JobState.Pulled } => (3, 0),
        _ => (2, 0),
    };

    /// <summary>What was promised must be in the state, and nothing else.</summary>
    /// <param name="job">As the state has it in the end.</param>
    /// <param name="isFinished">All work could be done.</param>
    public void Check(JobDetails job, bool isFinished)
    {
        HistoryChecker.Require(job.IterationsTotal == total, $"job {Id} has other iterations");
        HistoryChecker.Require(job.State != JobState.Pending || !isFinished, $"job {Id} is not finished");
        HistoryChecker.Require(
            IsCancelled == (job.State == JobState.Cancelled) || !(IsCancelled || IsFinished),
            $"job {Id} is {job.State}: cancelled by its client {IsCancelled}, finished {IsFinished}");
        HistoryChecker.Require(
            job.State is JobState.Pending or JobState.Cancelled || job.Chain == StandInChain.Of(number, total),
            $"job {Id} has a wrong result");
        HistoryChecker.Require(
            PulledUnder != UInt128.Zero == (job.State == JobState.Pulled),
            $"job {Id} is {job.State}, its client has it under the key {PulledUnder}");
    }
}
