using JobNode.Commands;

namespace JobNode.Consensus;

/// <content>Elections that nobody wins.</content>
internal sealed partial class RaftLoop
{
    private const int SplitBackoffsMax = 4;

    private long? _campaignAtMs;
    private ulong _splitTerm;
    private int _splits;

    /// <summary>
    /// A refusal tells a candidate that it has a rival. Between the two survivors of three nodes neither wins then, and
    /// each waits for one whole election time-out more. Instead it stands again after a pause that is its own in that
    /// term (up to a quarter of the time-out, doubled with each split), so that one of the two comes first. Raft leaves
    /// it free when an election begins; a disk that takes long to write a vote is waited for by the doubling.
    /// </summary>
    private void NoteVote(ReadOnlySpan<byte> message)
    {
        if (_role != RaftRole.Candidate || _splitTerm == _hardState.Term || !RaftMessage.IsRefusedVote(message))
        {
            return;
        }

        _splitTerm = _hardState.Term;
        long longestMs = Math.Max(1, (long)_options.ElectionTicks * _options.TickMs / 4);
        long pauseMs = _options.TickMs
            + ((long)(BitMixer.Mix(_options.Self.Value ^ (_splitTerm << 32)) % (ulong)longestMs) << _splits);
        _splits = Math.Min(_splits + 1, SplitBackoffsMax);
        _campaignAtMs = _clock.MonotonicMs + pauseMs;
    }

    private void CampaignAfterSplit(long nowMs)
    {
        if (_campaignAtMs is not { } dueMs || nowMs < dueMs)
        {
            return;
        }

        _campaignAtMs = null;
        if (_leader == NodeId.None && _hardState.Term == _splitTerm)
        {
            _core.Campaign();
        }
    }
}
