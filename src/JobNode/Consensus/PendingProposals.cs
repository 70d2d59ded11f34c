using System.Diagnostics;
using JobNode.Commands;
using JobNode.Observability;

namespace JobNode.Consensus;

/// <summary>
/// Callers whose commands the core accepted, by the sequence number that their entry carries. Raft thread only.
/// </summary>
/// <remarks>
/// A sequence number is the term in the upper half and a counter in the lower. A node leads a term at most once, across
/// restarts too, so the number of an entry that an earlier life of this node proposed can never be mistaken for a new
/// one when that entry is applied again after a restart.
/// </remarks>
internal sealed class PendingProposals(NodeId self, RaftTimings timings)
{
    private readonly Dictionary<ulong, Batch> _batches = [];
    private ulong _term;
    private uint _counter;

    /// <summary>Bytes of entries the core accepted that are not applied yet.</summary>
    public long Bytes { get; private set; }

    /// <summary>Entries accepted and not applied yet.</summary>
    public int Count => _batches.Count;

    /// <summary>The id for the next entry of this term.</summary>
    public ProposalId NextId(ulong term)
    {
        Invariant.That(term <= uint.MaxValue, "terms fit in 32 bits: one election a second for 136 years");
        Invariant.That(term >= _term, "terms never go back");
        if (term > _term)
        {
            _term = term;
            _counter = 0;
        }

        _counter = checked(_counter + 1);
        return new ProposalId(self, (term << 32) | _counter);
    }

    /// <summary>The core accepted the entry: from here on its outcome is the log's, or unknown.</summary>
    public void Add(ProposalId id, ProposalRequest[] requests, int bytes)
    {
        Invariant.That(id.Node == self, "only own proposals are waited for");
        Invariant.That(requests.Length > 0, "an entry has commands");
        _batches.Add(id.Sequence, new Batch(requests, bytes, Stopwatch.GetTimestamp()));
        Bytes += bytes;
    }

    /// <summary>
    /// The entry was applied: its callers get their results. Entries of others are none of our business.
    /// </summary>
    public void Complete(ProposalId id, IReadOnlyList<CommandResult> results, ulong index)
    {
        if (id.Node != self || !_batches.Remove(id.Sequence, out Batch batch))
        {
            return;
        }

        Invariant.That(results.Count == batch.Requests.Length, "every command of an entry has a result");
        Bytes -= batch.Bytes;
        timings.CommitDurations.Record(Stopwatch.GetElapsedTime(batch.ProposedAt));
        for (int i = 0; i < results.Count; i++)
        {
            batch.Requests[i].Complete(results[i], index);
        }
    }

    /// <summary>Leadership or the term was lost: nobody knows what becomes of these entries.</summary>
    public int FailAll(ResultCode code)
    {
        int failed = 0;
        foreach (Batch batch in _batches.Values)
        {
            foreach (ProposalRequest request in batch.Requests)
            {
                request.Fail(code);
                failed++;
            }
        }

        _batches.Clear();
        Bytes = 0;
        return failed;
    }

    private readonly record struct Batch(ProposalRequest[] Requests, int Bytes, long ProposedAt);
}
