using JobNode.Consensus.Log;
using JobNode.Simulation;

namespace JobNode.Tests.Consensus.Log;

/// <summary>Seeded random lives of a log on a disk that loses and tears what was not synced.</summary>
public class WriteAheadLogTortureTests
{
    private const int Seeds = 1000;

    private static readonly WriteAheadLogOptions Small = new() { SegmentBytes = 2048, FirstSegmentBytes = 1024 };

    [Fact]
    public void After_any_crash_the_log_holds_all_that_was_synced_and_nothing_that_was_never_written()
    {
        int repaired = 0;
        int crashes = 0;
        int refused = 0;
        Parallel.For(0, Seeds, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed =>
        {
            var life = new Life(seed);
            try
            {
                life.Run();
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"seed {seed}: {error.Message}", error);
            }

            Interlocked.Add(ref repaired, life.Repaired);
            Interlocked.Add(ref crashes, life.Crashes);
            Interlocked.Add(ref refused, life.Refused);
        });

        // The test would prove little if no crash ever tore a write.
        Assert.True(repaired > Seeds / 4, $"only {repaired} torn tails");
        Assert.True(crashes > Seeds * 3, $"only {crashes} crashes");
        Assert.True(refused > Seeds, $"only {refused} flipped bits were refused");
    }

    private sealed class Life(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly SimulatedDirectory _disk = new();
        private readonly LogModel _model = new();
        private ulong _snapshotIndex;
        private WriteAheadLog _log = null!;

        public int Repaired { get; private set; }

        public int Crashes { get; private set; }

        public int Refused { get; private set; }

        public void Run()
        {
            Reopen();
            for (int step = 0; step < 120; step++)
            {
                int choice = _random.Next(100);
                if (choice < 55)
                {
                    Append();
                }
                else if (choice < 70)
                {
                    _log.Flush();
                }
                else if (choice < 80)
                {
                    Sync();
                }
                else if (choice < 86)
                {
                    Snapshot();
                }
                else if (choice < 88)
                {
                    ResetToLater();
                }
                else if (choice < 91)
                {
                    Crash();
                }
                else if (choice < 97)
                {
                    CrashInsideAnOperation();
                }
                else if (choice < 99)
                {
                    _disk.KillProcess();
                    FlipBits();
                    Reopen();
                }
                else
                {
                    _log.Seal(_log.Extents()[^1].Name);
                    _model.Synced();
                }
            }

            Crash();
        }

        private void Append()
        {
            LogModel.State now = _model.Latest;
            ulong first = now.LastIndex + 1;
            ulong oldest = Math.Max(now.HardState.Commit, _snapshotIndex) + 1;
            if (first > oldest && _random.Next(4) == 0)
            {
                first = oldest + (ulong)_random.NextInt64((long)(first - oldest));
            }

            ulong term = now.HardState.Term + (ulong)_random.Next(2);
            ulong previousTerm = now.Entries.LastOrDefault(entry => entry.Index < first).Term;
            var entries = new RaftEntry[_random.Next(6)];
            for (int i = 0; i < entries.Length; i++)
            {
                var data = new byte[_random.Next(8) == 0 ? _random.Next(3000) : _random.Next(120)];
                _random.NextBytes(data);
                entries[i] = new RaftEntry(
                    first + (ulong)i, Math.Max(term, previousTerm), (RaftEntryKind)_random.Next(2), data);
            }

            ulong last = entries.Length > 0 ? entries[^1].Index : now.LastIndex;
            HardState? hardState = null;
            if (_random.Next(2) == 0)
            {
                ulong vote = term > now.HardState.Term ? (ulong)_random.Next(3) : now.HardState.Vote;
                ulong commit = now.HardState.Commit + (ulong)_random.NextInt64((long)(last - now.HardState.Commit) + 1);
                hardState = new HardState(term, vote, commit);
            }

            _model.Append(entries, hardState == now.HardState ? null : hardState);
            _log.Append(entries, hardState);
        }

        private void Sync()
        {
            _log.FlushAndSync();
            _model.Synced();
        }

        private void Snapshot()
        {
            Sync();
            ulong commit = _model.Latest.HardState.Commit;
            if (commit > _snapshotIndex)
            {
                _snapshotIndex += (ulong)_random.NextInt64((long)(commit - _snapshotIndex)) + 1;
                _log.Compact(_snapshotIndex);
            }
        }

        private void ResetToLater()
        {
            bool crashes = _random.Next(4) == 0;
            _snapshotIndex = Math.Max(_model.Latest.LastIndex, _snapshotIndex) + (ulong)_random.Next(1, 20);
            if (crashes)
            {
                // The snapshot is installed and the process dies before the log knows.
                Sync();
                _disk.Crash(_random);
                Crashes++;
                _log = WriteAheadLog.Open(_disk, _snapshotIndex, Small);
                Assert.Empty(_log.TakeRecoveredEntries());
                Assert.Equal(_snapshotIndex, _log.LastIndex);
                _model.Recovered(new LogModel.State(_snapshotIndex, [], _log.HardState));
                return;
            }

            _log.Reset(_snapshotIndex);
            _model.Reset(_snapshotIndex);
        }

        private void Crash()
        {
            Crashes++;
            _disk.Crash(_random);
            Reopen();
        }

        /// <summary>
        /// The power fails after a random number of the disk operations that appending and syncing take.
        /// </summary>
        private void CrashInsideAnOperation()
        {
            int left = _random.Next(6);
            bool powerFails = _random.Next(4) > 0;
            _disk.ShouldFail = (_, _) => left-- == 0
                && (powerFails ? throw new IOException("the power fails") : true);
            try
            {
                for (int i = 0; i < 8; i++)
                {
                    Append();
                    Sync();
                }
            }
            catch (IOException)
            {
                Assert.Throws<IOException>(() => _log.FlushAndSync());
            }

            _disk.ShouldFail = null;
            Crash();
        }

        /// <summary>On copies: a log with one bit flipped is refused, or gives back no less than was synced.</summary>
        private void FlipBits()
        {
            for (int i = 0; i < 20; i++)
            {
                SimulatedDirectory copy = _disk.Clone();
                string[] live = [.. copy.List().Where(name => LogFileName.TryParseLive(name, out _, out _))];
                string name = live[_random.Next(live.Length)];
                byte[] bytes = copy.Contents(name);
                int place = _random.Next(bytes.Length);
                int used = Array.FindIndex(bytes, place, static value => value != 0);
                copy.FlipBit(name, ((used < 0 ? place : used) * 8L) + _random.Next(8));
                try
                {
                    WriteAheadLog log = WriteAheadLog.Open(copy, _snapshotIndex, Small);
                    IReadOnlyList<RaftEntry> entries = log.TakeRecoveredEntries();
                    Assert.True(
                        _model.Match(_snapshotIndex, log.HardState, entries) is not null,
                        $"a flip in {name} at {used} lost what was synced: {entries.Count} entries are left");
                }
                catch (LogDamagedException)
                {
                    Refused++;
                }
            }
        }

        private void Reopen()
        {
            _log = WriteAheadLog.Open(_disk, _snapshotIndex, Small);
            Repaired += _log.RepairNote is null ? 0 : 1;
            IReadOnlyList<RaftEntry> entries = _log.TakeRecoveredEntries();
            LogModel.State? found = _model.Match(_snapshotIndex, _log.HardState, entries);
            Assert.True(
                found is not null,
                $"recovered {_log.HardState} and {entries.Count} entries up to {_log.LastIndex}, expected at least "
                + $"{_model.Possible[0].HardState} up to {_model.Possible[0].LastIndex}");
            Assert.Equal(Math.Max(found.LastIndex, _snapshotIndex), _log.LastIndex);
            _model.Recovered(found);
        }
    }
}
