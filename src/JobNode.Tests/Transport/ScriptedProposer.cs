using System.Collections.Concurrent;
using JobNode.Commands;

namespace JobNode.Tests.Transport;

/// <summary>Answers with the script's results in turn, the last one for ever; remembers what it was asked.</summary>
internal sealed class ScriptedProposer(params Proposed[] script) : ICommandProposer
{
    private int _calls;

    public static readonly Proposed NotLeader = Code(ResultCode.NotLeader);

    public ConcurrentQueue<Command> Asked { get; } = new();

    public static Proposed Code(ResultCode code, ulong index = 0) => new(new CommandResult(code), index);

    public Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Asked.Enqueue(command);
        int call = Interlocked.Increment(ref _calls) - 1;
        return Task.FromResult(script[Math.Min(call, script.Length - 1)]);
    }
}
