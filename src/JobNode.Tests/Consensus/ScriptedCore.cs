using JobNode.Commands;
using JobNode.Consensus;

namespace JobNode.Tests.Consensus;

/// <summary>A core that does what the test says and writes down what the loop does.</summary>
internal sealed class ScriptedCore(List<string> steps) : IRaftCore
{
    private readonly Queue<Action<Ready>> _readies = new();

    public bool AcceptsProposals { get; set; } = true;

    public RaftCoreStart? Started { get; private set; }

    public Dictionary<NodeId, ulong> Matches { get; } = [];

    public List<byte[]> Proposed { get; } = [];

    public List<ReadContext> Questions { get; } = [];

    public int Ticks { get; private set; }

    public int Campaigns { get; private set; }

    /// <summary>What stepping a message makes ready.</summary>
    public Action<ScriptedCore>? OnStep { get; set; }

    public void Enqueue(Action<Ready> ready) => _readies.Enqueue(ready);

    public void Start(RaftCoreStart start) => Started = start;

    public void Host(Action loop) => loop();

    public void Tick() => Ticks++;

    public void Campaign() => Campaigns++;

    public bool Step(ReadOnlySpan<byte> message)
    {
        steps.Add("step");
        OnStep?.Invoke(this);
        return true;
    }

    public bool Propose(ReadOnlySpan<byte> entry)
    {
        if (AcceptsProposals)
        {
            Proposed.Add(entry.ToArray());
        }

        return AcceptsProposals;
    }

    public void RequestReadIndex(ReadContext context) => Questions.Add(context);

    public void ReportUnreachable(NodeId node) => steps.Add("unreachable");

    public void ReportSnapshot(NodeId node, bool delivered) => steps.Add("snapshot reported");

    public bool ProposeChange(RaftChange change, ReadOnlySpan<byte> context)
    {
        if (AcceptsProposals)
        {
            steps.Add($"propose {change.Kind} {change.Node.Value}");
            Proposed.Add(context.ToArray());
        }

        return AcceptsProposals;
    }

    public void ApplyChange(RaftChange change) => steps.Add($"change {change.Kind} {change.Node.Value}");

    public void ReadProgress(List<MemberProgress> into) =>
        into.AddRange(Matches.Select(static match => new MemberProgress(match.Key, match.Value, match.Value > 0)));

    public void TransferLeadership(NodeId to) => steps.Add($"transfer to {to.Value}");

    public bool TryTakeReady(Ready ready)
    {
        if (!_readies.TryDequeue(out Action<Ready>? fill))
        {
            return false;
        }

        ready.Clear();
        fill(ready);
        return true;
    }

    public void Advance() => steps.Add("advance");

    public void Compact(ulong snapshotIndex, RaftConfiguration configuration, ulong keepAfterIndex) =>
        steps.Add($"compact {snapshotIndex} {keepAfterIndex}");

    public void Trim(ulong keepAfterIndex) => steps.Add($"trim {keepAfterIndex}");

    public void DrainLog(List<RaftCoreLogLine> into)
    {
        // A scripted core says nothing.
    }

    public void Dispose()
    {
        // Nothing to free.
    }
}
