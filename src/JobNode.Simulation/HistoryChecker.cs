using System.Buffers;
using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Simulation;

/// <summary>
/// What all nodes together must agree on: one sequence of applied entries, one state per index, one leader per term.
/// Everything that is applied anywhere is committed, so one contradiction is a broken promise.
/// </summary>
internal sealed class HistoryChecker(SimulationCounts counts)
{
    private readonly List<(ulong Chain, UInt128 Digest)?> _byIndex = [];
    private readonly Dictionary<ulong, NodeId> _leaders = [];
    private readonly Dictionary<ulong, int> _commandsIn = [];
    private readonly Dictionary<JobId, UInt128> _pulledUnder = [];
    private readonly Dictionary<JobId, ulong> _movedTo = [];

    /// <summary>A hash over all that happened, to compare two runs of one seed.</summary>
    public ulong Fingerprint { get; private set; }

    /// <summary>Snapshots that were restored, at starts too.</summary>
    public long Restores { get; private set; }

    /// <summary>Highest index applied anywhere.</summary>
    public ulong HighestIndex => (ulong)Math.Max(0, _byIndex.Count - 1);

    /// <summary>A node applied an entry; gives nothing, or throws.</summary>
    public void Applied(NodeId node, ulong index, ulong chain, UInt128 digest, int commands)
    {
        NoteCommands(node, index, commands);
        counts.Applied++;
        Mix(node.Value ^ (index << 8) ^ chain);
        while (_byIndex.Count <= (int)index)
        {
            _byIndex.Add(null);
        }

        if (_byIndex[(int)index] is (ulong knownChain, UInt128 knownDigest))
        {
            Require(knownChain == chain, $"node {node} applied another entry at index {index} than a node before it");
            Require(knownDigest == digest, $"the state of node {node} differs at index {index}");
            return;
        }

        _byIndex[(int)index] = (chain, digest);
    }

    /// <summary>An entry has so many commands, or so many were applied of it: always the same number.</summary>
    public void NoteCommands(NodeId node, ulong index, int commands) => Require(
        _commandsIn.TryAdd(index, commands) || _commandsIn[index] == commands,
        $"node {node} applied {_commandsIn[index]} commands at index {index}, or not {commands}, which the entry has");

    /// <summary>A job moved forward in the replicated state of some node.</summary>
    public void NoteMoved(JobId job, ulong iterationsDone)
    {
        if (iterationsDone > _movedTo.GetValueOrDefault(job))
        {
            _movedTo[job] = iterationsDone;
            counts.Checkpoints++;
        }
    }

    /// <summary>A result was given out under a key, on some node: always under the same.</summary>
    public void Pulled(JobId job, UInt128 key)
    {
        bool isNew = _pulledUnder.TryAdd(job, key);
        Require(isNew || _pulledUnder[job] == key, $"job {job} was pulled under two keys");
    }

    /// <summary>
    /// A node took over a snapshot: its state must be the one known; gives the hash chain to go on from.
    /// </summary>
    public ulong Restored(NodeId node, ulong index, UInt128 digest)
    {
        Require(
            (int)index < _byIndex.Count && _byIndex[(int)index] is not null,
            $"node {node} restored {index}, which nobody applied");
        (ulong chain, UInt128 known) = _byIndex[(int)index]!.Value;
        Require(known == digest, $"node {node} restored a snapshot at {index} that differs from the state there");
        Mix(node.Value ^ index);
        Restores++;
        return chain;
    }

    /// <summary>A node says that it leads a term.</summary>
    public void Leads(NodeId node, ulong term)
    {
        if (_leaders.TryGetValue(term, out NodeId known))
        {
            Require(known == node, $"nodes {known} and {node} both lead term {term}");
            return;
        }

        _leaders[term] = node;
        counts.Leaders++;
        Mix(term ^ (node.Value << 32));
    }

    /// <summary>The chain of hashes, one entry longer.</summary>
    public static ulong Extend(ulong chain, ulong index, ReadOnlySpan<byte> entry)
    {
        ulong hash = (chain ^ index) * 0x9E3779B97F4A7C15;
        foreach (byte b in entry)
        {
            hash = (hash ^ b) * 0x100000001B3;
        }

        return hash ^ (hash >> 29);
    }

    /// <summary>Takes something into the fingerprint.</summary>
    public void Mix(ulong value) => Fingerprint = Extend(Fingerprint, value, []);

    /// <summary>Throws with the reason when a promise is broken.</summary>
    public static void Require(bool holds, string reason)
    {
        if (!holds)
        {
            throw new SimulationFailedException(reason);
        }
    }
}

/// <summary>The state machine of a node, with every step told to the checker.</summary>
internal sealed class CheckedMachine(NodeId node, JobStateMachine inner, HistoryChecker checker) : IStateMachine
{
    private readonly ArrayBufferWriter<byte> _entry = new();
    private readonly JobWatch _jobs = new(node, inner.View, checker);
    private ulong _chain;
    private int _commands;

    /// <inheritdoc/>
    public ulong AppliedIndex => inner.AppliedIndex;

    /// <inheritdoc/>
    public UInt128 Digest => inner.Digest;

    /// <inheritdoc/>
    public CommandResult Apply(ulong index, ulong timeMs, Command command)
    {
        HistoryChecker.Require(index == inner.AppliedIndex || index == inner.AppliedIndex + 1, "an index was skipped");
        BitConverter.TryWriteBytes(_entry.GetSpan(sizeof(ulong)), timeMs);
        _entry.Advance(sizeof(ulong));
        CommandCodec.Encode(command, _entry);
        _commands++;
        _jobs.Before(command);
        CommandResult result = inner.Apply(index, timeMs, command);
        _jobs.After(command, result);
        return result;
    }

    /// <inheritdoc/>
    public void Advance(ulong index)
    {
        inner.Advance(index);
        _chain = HistoryChecker.Extend(_chain, index, _entry.WrittenSpan);
        _entry.ResetWrittenCount();
        checker.Applied(node, index, _chain, inner.Digest, _commands);
        _commands = 0;
    }

    /// <inheritdoc/>
    public IFrozenState Freeze() => inner.Freeze();

    /// <inheritdoc/>
    public void Restore(Stream snapshot)
    {
        inner.Restore(snapshot);
        _chain = checker.Restored(node, inner.AppliedIndex, inner.Digest);
    }
}
