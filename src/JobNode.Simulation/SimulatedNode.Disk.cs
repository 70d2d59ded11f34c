using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Simulation;

/// <content>The disk, and what breaks on it.</content>
internal sealed partial class SimulatedNode
{
    private void Format(ulong index)
    {
        SnapshotStore.Open(_disk).Save(index, index, _configuration, null);
        _disk.ShouldFail = CountDown;
    }

    private void RunInBackground(StatusBoard life, Action work)
    {
        if (!ReferenceEquals(life, Board) || !IsUp)
        {
            return;
        }

        _counts.BackgroundTasks++;
        try
        {
            work();
        }
        catch (SimulatedCrashException)
        {
            CrashInside();
        }
    }

    private void CrashInside()
    {
        _counts.CrashesInTurn++;
        End();
        _disk.Crash(_random);
    }

    private bool CountDown(StorageOperation operation, string file)
    {
        bool isWrite = operation is StorageOperation.Create or StorageOperation.Write or StorageOperation.Rename;
        if (isWrite && IsUp && _clock.MonotonicMs < FullUntilMs && _random.Next(3) > 0)
        {
            _counts.FullDisks++;
            throw StorageException.Of("write", file, NoSpaceLeft);
        }

        if (_operationsUntilCrash < 0 || !IsUp || _operationsUntilCrash-- > 0)
        {
            return false;
        }

        throw new SimulatedCrashException();
    }
}
