using JobNode.Commands;
using JobNode.Consensus;
using JobNode.Consensus.Log;

namespace JobNode.Simulation;

/// <content>The disk, and what breaks on it.</content>
internal sealed partial class SimulatedNode
{
    private const int SlowSyncMsMax = 400;
    private static readonly int[] _fullErrors = [28, 122];
    private static readonly int[] _writeErrors = [5, 30];

    private int _syncsUntilFailure = -1;
    private bool _hasSyncFailed;
    private bool _isCacheStale;
    private bool _mayBeTorn;
    private int _writeError;
    private long _refusesUntilMs;

    /// <summary>Called when a life cannot begin because of damage.</summary>
    public Action<SimulatedNode> Lost { get; init; } = static _ => { };

    /// <summary>Its files were changed behind its back: it may be as good as lost.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Until then its syncs take long.</summary>
    public long SlowUntilMs { get; set; }

    /// <summary>How much later than at once this turn's messages set out, in ms.</summary>
    public long LateMs { get; private set; }

    /// <summary>Until then most writes to its disk are refused.</summary>
    public void RefuseWrites(FaultKind kind, long untilMs)
    {
        int[] errors = kind == FaultKind.FullDisk ? _fullErrors : _writeErrors;
        _writeError = errors[_random.Next(errors.Length)];
        _refusesUntilMs = untilMs;
    }

    /// <summary>One of the next syncs will fail.</summary>
    public void FailSyncSoon(FaultKind kind)
    {
        _syncsUntilFailure = _random.Next(4);
        _isCacheStale = kind == FaultKind.StaleCache;
    }

    /// <summary>The power will fail within the next disk operations.</summary>
    public void CrashSoon() => _operationsUntilCrash = _random.Next(12);

    /// <summary>No more crashes or failing syncs are due.</summary>
    public void Spare()
    {
        _operationsUntilCrash = -1;
        _syncsUntilFailure = -1;
        _hasSyncFailed = false;
    }

    /// <summary>From now on all is well: nothing that is about to fail will.</summary>
    public void Calm()
    {
        Spare();
        StalledUntilMs = 0;
        SlowUntilMs = 0;
        _refusesUntilMs = 0;
    }

    /// <summary>While it is down a bit of a file turns over, or a file loses its end.</summary>
    /// <returns>What was done, or null when there was nothing to damage.</returns>
    public string? Damage()
    {
        Invariant.That(!IsUp && !IsGone, "only what is not in use is damaged behind the back");
        List<string> files = [.. _disk.List().Where(name => !LogFileName.IsSpare(name))];
        string? newest = files.FindLast(static name => LogFileName.TryParseLive(name, out _, out _));

        // After a power failure the end of the log may be torn, and damage there looks the same.
        if (_mayBeTorn)
        {
            files.RemoveAll(name => name == newest);
        }

        if (files.Count == 0)
        {
            return null;
        }

        string file = files[_random.Next(files.Count)];
        int length = _disk.Contents(file).Length;
        if (length == 0)
        {
            return null;
        }

        IsDamaged = true;
        _counts.Damages++;
        if (_random.Next(3) == 0)
        {
            int left = _random.Next(length);
            _disk.Truncate(file, left);
            return $"{file} is cut to {left} of {length} bytes";
        }

        int bit = _random.Next(length * 8);
        _disk.FlipBit(file, bit);
        return $"bit {bit} of {file} turns over";
    }

    /// <summary>A snapshot file's bytes; null when a newer one took its place before it was opened.</summary>
    public byte[]? ReadSnapshot(ulong index)
    {
        try
        {
            using Stream stream = _snapshots!.OpenFile(index);
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A snapshot file arrives.</summary>
    public bool TakeSnapshot(byte[] message, byte[] file)
    {
        if (_snapshots is null || Loop is null)
        {
            return false;
        }

        try
        {
            using IncomingSnapshot incoming = _snapshots.BeginReceive();
            incoming.Write(file);
            (_, string name) = incoming.Complete();
            return Loop.ReceiveSnapshot(message, name);
        }
        catch (SimulatedCrashException)
        {
            CrashInside();
            return false;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void Format(ulong index)
    {
        SnapshotStore.Open(_disk).Save(index, index, _configuration, null);
        _disk.ShouldFail = CountDown;
    }

    private void RunInBackground(NodeLife life, Action work)
    {
        if (!life.IsAlive)
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
        catch (IOException) when (_hasSyncFailed)
        {
            Die();
        }
    }

    private void CrashInside()
    {
        _counts.CrashesInTurn++;
        End();
        CrashDisk();
    }

    private void CrashDisk()
    {
        _mayBeTorn = true;
        _disk.Crash(_random);
    }

    /// <summary>The process ends itself after a failed sync.</summary>
    private void Die()
    {
        _world.Note($"{Id} ends after a failed sync");
        End();
        if (_isCacheStale)
        {
            _disk.KillProcess();
        }
        else
        {
            CrashDisk();
        }
    }

    private bool CountDown(StorageOperation operation, string file)
    {
        bool isWrite = operation is StorageOperation.Create or StorageOperation.Write or StorageOperation.Rename;
        if (isWrite && IsUp && _clock.MonotonicMs < _refusesUntilMs && _random.Next(3) > 0)
        {
            _counts.RefusedWrites++;
            throw StorageException.Of("write", file, _writeError);
        }

        if (operation == StorageOperation.Sync && IsUp)
        {
            if (_clock.MonotonicMs < SlowUntilMs)
            {
                _counts.SlowSyncs++;
                LateMs += _random.Next(SlowSyncMsMax);
            }

            if (_syncsUntilFailure >= 0 && _syncsUntilFailure-- == 0)
            {
                _counts.FailedSyncs++;
                _hasSyncFailed = true;
                return true;
            }
        }

        if (_operationsUntilCrash < 0 || !IsUp || _operationsUntilCrash-- > 0)
        {
            return false;
        }

        throw new SimulatedCrashException();
    }
}
