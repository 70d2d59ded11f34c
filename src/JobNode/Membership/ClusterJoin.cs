using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>
/// Asks to be let into a cluster until it is: starts at any node, follows the hints to the leader, and says what it
/// waits for.
/// </summary>
/// <param name="ask">Sends an announcement to an address.</param>
/// <param name="report">Told why it takes long; true when only people can change that.</param>
internal sealed class ClusterJoin(
    Func<string, Announcement, CancellationToken, Task<AnnounceAnswer>> ask, Action<string, bool> report)
{
    private const int PauseFirstMs = 100;
    private const int PauseLastMs = 1000;

    /// <summary>Returns the configuration that holds this node.</summary>
    /// <param name="announcement">What this node says of itself.</param>
    /// <param name="seeds">Addresses of nodes that are in the cluster.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="IOException">This node was removed from that cluster before.</exception>
    public async Task<ClusterConfiguration> RunAsync(
        Announcement announcement, IReadOnlyList<string> seeds, CancellationToken cancellation)
    {
        Invariant.That(seeds.Count > 0, "somebody is there to ask");
        var pause = new Backoff(PauseFirstMs, PauseLastMs);
        string? hint = null;
        for (int attempt = 0; ; attempt++)
        {
            string address = hint ?? seeds[attempt % seeds.Count];
            AnnounceAnswer? answer = await TryAskAsync(address, announcement, cancellation);
            if (answer is { Verdict: AnnounceVerdict.Member, Configuration: { } configuration }
                && configuration.Find(announcement.Node) is not null)
            {
                return configuration;
            }

            if (answer is { Verdict: AnnounceVerdict.Removed })
            {
                throw new IOException(
                    $"{answer.Reason}, and a removed node never comes back: start with an empty --data-dir to join as "
                    + "a new member");
            }

            string? leader = answer is { LeaderAddress.Length: > 0 } ? answer.LeaderAddress : null;
            bool isNewHint = leader is not null && leader != address;
            hint = leader;
            if (!isNewHint)
            {
                await Task.Delay(pause.Next(), cancellation);
            }
            else if (attempt > 0 && attempt % 4 == 0)
            {
                // Two nodes that each take the other for the leader must not make this a busy loop.
                await Task.Delay(pause.Next(), cancellation);
            }
        }
    }

    private async Task<AnnounceAnswer?> TryAskAsync(
        string address, Announcement announcement, CancellationToken cancellation)
    {
        try
        {
            AnnounceAnswer answer = await ask(address, announcement, cancellation);
            if (answer.Verdict is AnnounceVerdict.Refused)
            {
                report($"{address} does not let this node in: {answer.Reason}", true);
            }
            else if (answer.Verdict is AnnounceVerdict.Pending
                || answer is { Verdict: AnnounceVerdict.Elsewhere, LeaderAddress.Length: 0 })
            {
                report($"this node waits to be let in by {address}: {answer.Reason}", false);
            }

            return answer;
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            report($"this node waits to be let in by {address}: {error.Message}", false);
            return null;
        }
    }
}
