using JobNode.Commands;
using JobNode.Observability;
using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>
/// Tells the leader about this node, about once a second, for as long as the node lives; takes over what the answer
/// says (a node without a log knows its cluster from nowhere else), and notices when this node was removed.
/// </summary>
/// <param name="describe">What this node says of itself now.</param>
/// <param name="ask">Sends an announcement to an address.</param>
/// <param name="desk">Answers on this node itself, while it leads.</param>
/// <param name="board">Who leads.</param>
/// <param name="directory">Where the others are.</param>
/// <param name="log">Is told what the leader says of the cluster.</param>
/// <param name="removed">Called when the cluster has removed this node, with what it said.</param>
/// <param name="logger">Log.</param>
internal sealed class Announcer(
    Func<Announcement> describe,
    Func<string, Announcement, CancellationToken, Task<AnnounceAnswer>> ask,
    AnnounceDesk desk,
    StatusBoard board,
    PeerDirectory directory,
    IMembershipLog log,
    Action<string> removed,
    ILogger logger) : IDisposable
{
    private const int EveryMs = 1000;
    private const int LostAfterAttempts = 4;

    private readonly SemaphoreSlim _once = new(1);
    private string _tag = "";
    private string _hint = "";
    private string _said = "";
    private ClusterConfiguration? _known;
    private int _attempts;
    private volatile IReadOnlyList<string> _seeds = [];

    /// <summary>Addresses of --peers that belong to this cluster: asked, too, when the members known here are
    /// silent.</summary>
    public IReadOnlyList<string> Seeds
    {
        get => _seeds;
        set => _seeds = value;
    }

    /// <summary>Announces until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                ConsensusStatus seen = board.Current;
                AnnounceAnswer? answer = await AnnounceAsync(cancellation);
                int pauseMs = answer is null || answer.Verdict == AnnounceVerdict.Elsewhere ? EveryMs / 4 : EveryMs;
                var pause = TimeSpan.FromMilliseconds((pauseMs / 2) + Random.Shared.Next(pauseMs));
                await WaitAsync(seen, pause, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    /// <summary>Announces once, now; null when nobody answered.</summary>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    public async Task<AnnounceAnswer?> AnnounceAsync(CancellationToken cancellation)
    {
        await _once.WaitAsync(cancellation);
        try
        {
            AnnounceAnswer? answer = await TryAnnounceAsync(cancellation);
            Note(answer);
            return answer;
        }
        finally
        {
            _once.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _once.Dispose();

    private async Task<AnnounceAnswer?> TryAnnounceAsync(CancellationToken cancellation)
    {
        Announcement announcement = describe() with { KnownTag = _tag };
        if (board.Current.IsLeader)
        {
            return await desk.AnswerAsync(announcement, cancellation);
        }

        if (FindTarget() is not { } address)
        {
            return null;
        }

        try
        {
            return await ask(address, announcement, cancellation);
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            _hint = "";
            if (board.Current.Leader != NodeId.None)
            {
                directory.Doubt(board.Current.Leader, address);
            }

            logger.AnnouncementFailed(address, error.Message);
            return null;
        }
    }

    /// <summary>The leader where it is known; where it was said to be; else everybody in turn.</summary>
    private string? FindTarget()
    {
        _attempts++;
        if (_hint.Length > 0)
        {
            return _hint;
        }

        ConsensusStatus status = board.Current;
        if (directory.Find(status.Leader) is { } leader && _attempts % 3 != 0)
        {
            return leader;
        }

        string[] others =
        [
            .. status.Configuration.Members.Where(member => member.Id != status.Self)
                .Select(member => directory.Find(member.Id) ?? member.Address),
            .. _seeds,
        ];
        return others.Length == 0 ? null : others[_attempts % others.Length];
    }

    private void Note(AnnounceAnswer? answer)
    {
        switch (answer?.Verdict)
        {
            case AnnounceVerdict.Member:
                NoteMember(answer);
                break;
            case AnnounceVerdict.Removed:
                removed(answer.Reason);
                break;
            case AnnounceVerdict.Elsewhere:
                _hint = answer.LeaderAddress;
                NoteSilence();
                break;
            default:
                _hint = "";
                NoteSilence();
                break;
        }

        string reason = answer?.Verdict is AnnounceVerdict.Elsewhere ? "" : answer?.Reason ?? "";
        if (reason.Length > 0 && reason != _said && answer?.Verdict is not AnnounceVerdict.Removed)
        {
            logger.LeaderSays(reason);
        }

        _said = reason;
    }

    private void NoteMember(AnnounceAnswer answer)
    {
        _attempts = 0;
        _hint = "";
        _known = answer.Configuration ?? _known;
        _tag = _known is null ? "" : answer.Tag;
        if (!board.Current.IsLeader)
        {
            directory.Note(answer.Leader, answer.LeaderAddress);
            if (_known is not null)
            {
                log.NoteOutside(_known, answer.Leader, answer.Term);
            }
        }
    }

    /// <summary>A node without a log must not show a leader for ever that nobody hears any more.</summary>
    private void NoteSilence()
    {
        ConsensusStatus status = board.Current;
        if (_attempts >= LostAfterAttempts && status is { AppliedIndex: 0, IsLeader: false }
            && status.Leader != NodeId.None)
        {
            log.NoteOutside(status.Configuration, NodeId.None, status.Term);
        }
    }

    /// <summary>A pause that ends early when another node leads: the new leader should know soon.</summary>
    private async Task WaitAsync(ConsensusStatus seen, TimeSpan pause, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        either.CancelAfter(pause);
        try
        {
            ConsensusStatus now = seen;
            while (now.Leader == seen.Leader || now.Leader == NodeId.None)
            {
                now = await board.WaitForChangeAsync(now, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The pause is over.
        }
    }
}
