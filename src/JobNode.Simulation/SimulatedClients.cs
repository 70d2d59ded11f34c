using System.Buffers.Binary;
using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Simulation;

/// <summary>
/// Clients that put jobs in, move them on, finish, cancel and pull them, and try again under the same ids until they
/// have an answer. What they were promised is checked at the end.
/// </summary>
internal sealed class SimulatedClients(
    Random random, SimulatedTime time, IReadOnlyList<SimulatedNode> nodes, SimulationCounts counts)
{
    private const int JobsMax = 120;
    private const int CallsMax = 24;
    private const long CallTimeoutMs = 3_000;

    private readonly List<Job> _jobs = [];
    private readonly List<Call> _calls = [];
    private readonly List<Barrier> _barriers = [];
    private readonly Dictionary<JobId, UInt128> _pulledBy = [];
    private readonly List<(UInt128 Key, IReadOnlyList<PulledJob> Batch)> _pulls = [];
    private ulong _highestAcknowledged;
    private ulong _pullSequence;

    /// <summary>Commands that were acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Starts some new calls and looks after the ones under way.</summary>
    public void Step(bool mayStart)
    {
        for (int i = 0; mayStart && i < 2 && _calls.Count < CallsMax; i++)
        {
            if (random.Next(3) == 0)
            {
                StartCall();
            }
        }

        if (mayStart && random.Next(20) == 0)
        {
            StartBarrier();
        }

        _calls.RemoveAll(Settle);
        _barriers.RemoveAll(Settle);
    }

    /// <summary>True when every call has its answer.</summary>
    public bool IsQuiet => _calls.Count == 0;

    /// <summary>Everything promised must be in the final state.</summary>
    public void CheckPromises(QueueView view)
    {
        foreach (Job job in _jobs)
        {
            JobDetails? found = view.Find(job.Id);
            if (job.IsEnqueued)
            {
                HistoryChecker.Require(found is not null, $"job {job.Id} was acknowledged and is lost");
                CheckJob(job, found!.Value);
            }
        }
    }

    private void CheckJob(Job job, JobDetails found)
    {
        HistoryChecker.Require(found.IterationsTotal == job.Total, $"job {job.Id} has other iterations");
        bool isFinished = found.State is JobState.Completed or JobState.Pulled;
        HistoryChecker.Require(
            !isFinished || job.Total == 1 || found.Chain == job.Digest(job.Total), $"job {job.Id} has another result");
        HistoryChecker.Require(!job.IsCompleted || isFinished, $"the result of job {job.Id} is lost");
        HistoryChecker.Require(
            !job.IsCancelled || found.State == JobState.Cancelled, $"the cancellation of job {job.Id} is lost");
        HistoryChecker.Require(
            isFinished || found.IterationsDone >= job.Checkpointed, $"the checkpoint of job {job.Id} is lost");
        HistoryChecker.Require(
            !_pulledBy.ContainsKey(job.Id) || found.State == JobState.Pulled, $"the pull of job {job.Id} is lost");
    }

    private void StartCall()
    {
        if (_jobs.Count < JobsMax && (_jobs.Count < 4 || random.Next(3) == 0))
        {
            var job = new Job((ulong)_jobs.Count, (ulong)random.Next(1, 1_000));
            _jobs.Add(job);
            Start(new Call(new Enqueue([new NewJob(job.Id, job.Digest(1), job.Total, (byte)random.Next(10), 0)]), job));
            return;
        }

        Job any = _jobs[random.Next(_jobs.Count)];
        switch (random.Next(6))
        {
            case 0 or 1 when any.Total > 1:
                Start(new Call(new Complete([new FinishedChain(any.Id, any.Digest(any.Total), new NodeId(7))]), any));
                break;
            case 2 or 3 when any.Total > 2:
                ulong done = (ulong)random.NextInt64(2, (long)any.Total);
                Start(new Call(new Checkpoint([new ChainProgress(any.Id, any.Digest(done), done)]), any));
                break;
            case 4:
                Start(new Call(new Pull(++_pullSequence, random.Next(1, 5), (PullOrder)random.Next(2)), null));
                break;
            case 5 when random.Next(4) == 0:
                Start(new Call(new Cancel(any.Id), any));
                break;
            default:
                break;
        }
    }

    private void Start(Call call)
    {
        _calls.Add(call);
        Try(call);
    }

    /// <summary>Any node that is up; most of the time one that says it leads.</summary>
    private void Try(Call call)
    {
        call.Attempt = null;
        SimulatedNode node = nodes[random.Next(nodes.Count)];
        foreach (SimulatedNode other in nodes)
        {
            if (other.IsUp && other.Board!.Current.IsLeader && random.Next(4) > 0)
            {
                node = other;
            }
        }

        call.StartedMs = time.NowMs;
        call.Attempt = node.Proposer?.ProposeAsync(call.Command, CancellationToken.None);
    }

    private bool Settle(Call call)
    {
        if (call.Attempt is not { IsCompleted: true } attempt)
        {
            // No answer: the node died with the question, or is cut off. The client tries another under the same id.
            if (time.NowMs - call.StartedMs > (call.Attempt is null ? 100 : CallTimeoutMs))
            {
                Try(call);
            }

            return false;
        }

        Proposed proposed = attempt.Result;
        switch (proposed.Result.Code)
        {
            case ResultCode.NotLeader or ResultCode.Overloaded or ResultCode.Stopping:
                HistoryChecker.Require(proposed.LogIndex == 0, "what was never logged has no index");
                break;
            case ResultCode.OutcomeUnknown:
                counts.Unknown++;
                break;
            default:
                counts.Acknowledged++;
                Acknowledged++;
                _highestAcknowledged = Math.Max(_highestAcknowledged, proposed.LogIndex);
                Note(call, proposed.Result);
                return true;
        }

        // Waits a little before it asks again.
        call.Attempt = null;
        call.StartedMs = time.NowMs;
        return false;
    }

    private void Note(Call call, CommandResult result)
    {
        Job? job = call.Job;
        switch (call.Command)
        {
            case Enqueue when job is not null:
                ResultCode enqueued = ((EnqueueResult)result).Jobs[0].Code;
                HistoryChecker.Require(
                    enqueued is ResultCode.Ok or ResultCode.Duplicate, $"an enqueue gave {enqueued}");
                job.IsEnqueued = true;
                job.IsCompleted |= job.Total == 1;
                break;
            case Complete when job is not null:
                ResultCode completed = ((ChainsResult)result).Jobs[0].Code;
                HistoryChecker.Require(completed != ResultCode.ResultMismatch, "two results of one job differ");
                job.IsCompleted |= completed is ResultCode.Ok or ResultCode.Duplicate;
                break;
            case Checkpoint checkpoint when job is not null && ((ChainsResult)result).Jobs[0].Code == ResultCode.Ok:
                job.Checkpointed = Math.Max(job.Checkpointed, checkpoint.Chains[0].IterationsDone);
                break;
            case Cancel when job is not null:
                job.IsCancelled |= result.Code == ResultCode.Ok;
                break;
            case Pull pull when result is PullResult pulled:
                NotePull(pull, pulled);
                break;
            default:
                break;
        }
    }

    private void NotePull(Pull pull, PullResult pulled)
    {
        _pulls.Add((pull.Key, pulled.Jobs));
        foreach (PulledJob job in pulled.Jobs)
        {
            bool isNew = _pulledBy.TryAdd(job.Id, pull.Key);
            HistoryChecker.Require(isNew || _pulledBy[job.Id] == pull.Key, $"job {job.Id} was pulled by two");
        }

        // Asked again under its key a pull gives the same batch.
        if (_pulls.Count > 0 && pulled.Jobs.Count > 0 && random.Next(4) == 0)
        {
            (UInt128 key, IReadOnlyList<PulledJob> batch) = _pulls[random.Next(_pulls.Count)];
            if (batch.Count > 0)
            {
                Start(new Call(new Pull(key, 1, PullOrder.Oldest), null));
            }
        }
    }

    private void StartBarrier()
    {
        SimulatedNode node = nodes[random.Next(nodes.Count)];
        if (node.Loop is not null)
        {
            Task<bool> reached = node.Loop.ReadBarrierAsync(CancellationToken.None);
            _barriers.Add(new Barrier(node, _highestAcknowledged, reached, node.View!));
        }
    }

    private bool Settle(Barrier barrier)
    {
        if (!ReferenceEquals(barrier.Node.View, barrier.Life))
        {
            return true;
        }

        if (!barrier.Reached.IsCompleted)
        {
            return false;
        }

        if (barrier.Reached.Result)
        {
            counts.Barriers++;
            HistoryChecker.Require(
                barrier.Node.Board!.Current.AppliedIndex >= barrier.AcknowledgedBefore,
                $"a read barrier passed at {barrier.Node}, though {barrier.AcknowledgedBefore} had been acknowledged");
        }

        return true;
    }

    private sealed class Job(ulong number, ulong total)
    {
        public JobId Id { get; } = new(((UInt128)0x0190_0000_0000_7000 << 64) | number);

        public ulong Total { get; } = total;

        public bool IsEnqueued { get; set; }

        public bool IsCompleted { get; set; }

        public bool IsCancelled { get; set; }

        public ulong Checkpointed { get; set; } = 1;

        /// <summary>Stands for the hash chain after so many iterations.</summary>
        public Digest512 Digest(ulong iterations)
        {
            Span<byte> bytes = stackalloc byte[Digest512.SizeBytes];
            bytes.Clear();
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, number + 1);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], iterations);
            return Digest512.From(bytes);
        }
    }

    private sealed class Call(Command command, Job? job)
    {
        public Command Command { get; } = command;

        public Job? Job { get; } = job;

        public Task<Proposed>? Attempt { get; set; }

        public long StartedMs { get; set; }
    }

    private sealed record Barrier(SimulatedNode Node, ulong AcknowledgedBefore, Task<bool> Reached, QueueView Life);
}
