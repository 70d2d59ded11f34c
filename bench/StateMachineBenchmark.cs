using BenchmarkDotNet.Attributes;
using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Bench;

/// <summary>What does applying a command cost, by the number of jobs held? Time per job on its whole way.</summary>
[MemoryDiagnoser]
public class StateMachineBenchmark
{
    private const int BatchJobs = 1_000;
    private const ulong Iterations = 1_000;

    private readonly Random _random = new(1);
    private JobStateMachine _machine = null!;
    private NewJob[] _jobs = [];
    private ulong _index;

    /// <summary>Pending jobs held meanwhile.</summary>
    [Params(1_000, 1_000_000)]
    public int Held { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _machine = new JobStateMachine(StateLimits.Default);
        for (int held = 0; held < Held; held += BatchJobs)
        {
            Apply(new Enqueue(NewJobs()));
        }
    }

    /// <summary>Enqueue, complete, pull, expire.</summary>
    [Benchmark(OperationsPerInvoke = BatchJobs)]
    public int WholeWay()
    {
        _jobs = NewJobs();
        Apply(new Enqueue(_jobs));
        Apply(new Complete([.. _jobs.Select(static job => new FinishedChain(job.Id, job.Chain, new NodeId(1)))]));
        Apply(new Pull(Next128(), BatchJobs, PullOrder.Oldest));
        return ((ExpireResult)Apply(new Expire(ulong.MaxValue, 0, BatchJobs + 1))).Removed;
    }

    private CommandResult Apply(Command command)
    {
        _index++;
        CommandResult result = _machine.Apply(_index, _index, command);
        _machine.DrainEvents([]);
        return result;
    }

    private NewJob[] NewJobs()
    {
        var jobs = new NewJob[BatchJobs];
        Span<byte> chain = stackalloc byte[Digest512.SizeBytes];
        for (int i = 0; i < jobs.Length; i++)
        {
            _random.NextBytes(chain);
            jobs[i] = new NewJob(new JobId(Next128()), Digest512.From(chain), Iterations, 0, UInt128.Zero);
        }

        return jobs;
    }

    private UInt128 Next128() => new((ulong)_random.NextInt64(), (ulong)_random.NextInt64() + 1);
}
