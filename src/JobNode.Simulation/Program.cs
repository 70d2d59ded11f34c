using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

RaftCore.Seed(5);
using var core = new RaftCore(RaftCoreLogDetail.Info);
core.Start(new RaftCoreStart(new NodeId(1), 1, 1, [new NodeId(1)], new HardState(1, 0, 1), [], 15, 2));
var ready = new Ready();
for (int i = 0; i < 100; i++)
{
    core.Tick();
    while (core.TryTakeReady(ready))
    {
        Console.WriteLine($"{i}: {ready.Role} {ready.HardState} entries {ready.Entries.Count} committed {ready.Committed.Count}");
        core.Advance();
        core.Propose(new byte[1000]);
        if (i > 50)
        {
            break;
        }
    }
}

List<RaftCoreLogLine> lines = [];
core.DrainLog(lines);
lines.ForEach(line => Console.WriteLine(line));
