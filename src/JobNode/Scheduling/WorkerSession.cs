using System.Collections.Concurrent;
using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Scheduling;

/// <summary>A worker's time with one leader.</summary>
internal sealed class WorkerSession(
    WorkStream stream,
    WorkerCapacity capacity,
    JobHand hand,
    RateMeter rate,
    WorkBoard workBoard,
    TimeProvider time,
    JobTraces traces)
{
    private const int LeaveTimeoutMs = 1_000;

    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<ChainProgress?>> _questions = [];
    private ulong _questionNumber;
    private WorkProgress? _progress;

    /// <summary>True once the leader sent anything.</summary>
    public bool WasServed { get; private set; }

    /// <summary>Runs until the stream ends, another leader is known, or the node leaves.</summary>
    /// <exception cref="IOException">The stream broke or is too slow.</exception>
    /// <exception cref="InvalidDataException">The leader sent what is no message for a worker.</exception>
    public async Task RunAsync(
        Func<ConsensusStatus, CancellationToken, Task<ConsensusStatus>> waitForChange,
        ConsensusStatus leader,
        CancellationToken leaving)
    {
        using var ending = new CancellationTokenSource();
        using var leavingOrEnding = CancellationTokenSource.CreateLinkedTokenSource(leaving, ending.Token);
        SayHello();
        Task reading = ReadAllAsync(ending.Token);
        Task[] tasks =
        [
            reading,
            stream.Written,
            waitForChange(leader, leavingOrEnding.Token),
            SendFinishedAsync(leavingOrEnding.Token),
            SendProgressAsync(leavingOrEnding.Token),
        ];
        Task first = await Task.WhenAny(tasks);
        if (leaving.IsCancellationRequested)
        {
            await LeaveAsync(reading);
        }

        await ending.CancelAsync();
        await stream.DisposeAsync();
        foreach (TaskCompletionSource<ChainProgress?> question in _questions.Values)
        {
            question.TrySetResult(null);
        }

        await Task.WhenAll(tasks).ContinueWith(static _ => { }, TaskScheduler.Default);
        if (!leaving.IsCancellationRequested)
        {
            await first;
        }
    }

    /// <summary>Asks the leader where a job stands.</summary>
    public async ValueTask<ChainProgress?> AskProgressAsync(JobId id, CancellationToken cancellation)
    {
        if (_questions.Count >= SchedulingLimits.ProgressQuestionsMax)
        {
            return null;
        }

        ulong number = Interlocked.Increment(ref _questionNumber);
        var answer = new TaskCompletionSource<ChainProgress?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _questions[number] = answer;
        try
        {
            return stream.TrySend(new ProgressQuestion(number, id))
                ? await answer.Task.WaitAsync(
                    TimeSpan.FromMilliseconds(SchedulingLimits.ProgressAnswerMs), time, cancellation)
                : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _questions.TryRemove(number, out _);
        }
    }

    private void SayHello()
    {
        List<JobInHand> inHand = [];
        List<JobResult> finished = [];
        hand.Show(inHand, finished);
        Send(new WorkHello(
            capacity.HashThreads,
            capacity.Lanes,
            rate.Rates,
            capacity.KernelPath,
            inHand,
            finished));
    }

    private async Task ReadAllAsync(CancellationToken cancellation)
    {
        while (await stream.ReadAsync(cancellation) is { } message)
        {
            WasServed = true;
            switch (message)
            {
                case WorkAssign assign:
                    FollowBegin(assign.Jobs);
                    hand.Add(assign.Jobs);
                    break;
                case WorkDrop drop:
                    hand.Drop(drop.Jobs);
                    FollowEnd(drop.Jobs);
                    break;
                case WorkSettled settled:
                    hand.Settle(settled.Jobs);
                    break;
                case WorkReported reported:
                    workBoard.Current = reported.Report;
                    break;
                case WorkVerified verified:
                    workBoard.Verified = verified.Report;
                    break;
                case ProgressAnswer answer:
                    if (_questions.TryGetValue(answer.Number, out TaskCompletionSource<ChainProgress?>? question))
                    {
                        question.TrySetResult(answer.Progress);
                    }

                    break;
                default:
                    throw new InvalidDataException($"{message.GetType().Name} is not for a leader to say");
            }
        }
    }

    private async Task SendFinishedAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await hand.FinishedSignal.WaitAsync(cancellation);
            SendFinished();
            if (hand.WaitingCount > capacity.Lanes * SchedulingLimits.ManyWaitingPerLane)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(SchedulingLimits.ResultsTogetherMs), time, cancellation);
            }
        }
    }

    private void SendFinished()
    {
        List<JobResult> results;
        do
        {
            results = [];
            hand.TakeFinished(SchedulingLimits.JobsPerMessageMax, results);
            if (results.Count > 0)
            {
                FollowFinished(results);
                Send(new WorkFinished(results));
            }
        }
        while (results.Count > 0);

        SendPutAside();
    }

    private void FollowBegin(IReadOnlyList<JobInHand> jobs)
    {
        for (int i = 0; i < jobs.Count && traces.IsOn; i++)
        {
            traces.WorkBegan(jobs[i].Id.Value, jobs[i].IterationsDone);
        }
    }

    private void FollowEnd(IReadOnlyList<JobId> jobs)
    {
        for (int i = 0; i < jobs.Count && traces.IsOn; i++)
        {
            traces.WorkEnded(jobs[i].Value, "dropped");
        }
    }

    private void FollowFinished(List<JobResult> results)
    {
        for (int i = 0; i < results.Count && traces.IsOn; i++)
        {
            traces.WorkEnded(results[i].Id.Value, "finished");
        }
    }

    private void SendPutAside()
    {
        while (Volatile.Read(ref _progress) is { } last)
        {
            List<ChainProgress> chains = [];
            hand.TakePutAside(SchedulingLimits.JobsPerMessageMax, chains);
            if (chains.Count == 0)
            {
                return;
            }

            Send(last with { Moved = chains });
        }
    }

    private async Task SendProgressAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(SchedulingLimits.ProgressIntervalMs), time);
        do
        {
            HandMeasure measure = hand.Measure();
            rate.Sample((long)time.GetElapsedTime(0).TotalMilliseconds, measure);
            List<ChainProgress> moved = [];
            hand.TakeNews(moved);
            var progress = new WorkProgress(measure.LanesBusy, rate.Rates, moved);
            Volatile.Write(ref _progress, progress with { Moved = [] });
            Send(progress);
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>
    /// The threads stand still already: sends the last results and states, and waits until the leader has them.
    /// </summary>
    private async Task LeaveAsync(Task reading)
    {
        SendFinished();
        List<JobInHand> inHand = [];
        hand.Show(inHand, []);
        Send(new WorkLeaving(inHand.ConvertAll(
            static job => new ChainProgress(job.Id, job.Chain, job.IterationsDone))));
        await stream.FinishAsync(TimeSpan.FromMilliseconds(LeaveTimeoutMs));

        // The leader closes the stream once it has taken the jobs back.
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(LeaveTimeoutMs), time));
    }

    private void Send(WorkMessage message)
    {
        if (!stream.TrySend(message))
        {
            throw new IOException("the stream to the leader is closed or too slow");
        }
    }
}
