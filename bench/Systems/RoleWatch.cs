using JobNode.Tests.Support;

namespace JobNode.Bench.Systems;

/// <summary>Looks at the members about twice a second and notes every change of a role.</summary>
internal sealed class RoleWatch : IAsyncDisposable
{
    private const int PeriodMs = 400;
    private const int AnswerMs = 2_000;

    private readonly Func<NodeProcess> _choose;
    private readonly Action<string> _note;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private Dictionary<string, ClusterMember> _known = [];

    /// <summary>Starts to look.</summary>
    /// <param name="choose">Whom to ask next.</param>
    /// <param name="note">Told of each change.</param>
    public RoleWatch(Func<NodeProcess> choose, Action<string> note)
    {
        _choose = choose;
        _note = note;
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>Voters, stand-bys and spares that became something else, and leaders that followed another.</summary>
    public int Changes { get; private set; }

    /// <summary>The voters as last seen, the leader among them.</summary>
    public int Voters => Volatile.Read(ref _known).Values.Count(static member => member.Role is "voter" or "leader");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using CancellationTokenSource answer = new(AnswerMs);
                Compare(await _choose().Api.MembersAsync(answer.Token));
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
            {
                // Killed just now, or between two leaders: the next one is asked.
            }

            await Task.Delay(PeriodMs, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Compare(IReadOnlyList<ClusterMember> members)
    {
        Dictionary<string, ClusterMember> now = members.ToDictionary(static member => member.Id);
        foreach (ClusterMember member in members)
        {
            if (_known.TryGetValue(member.Id, out ClusterMember? before) && before.Role != member.Role)
            {
                Changes++;
                _note($"{member.Address} {before.Role} -> {member.Role}");
            }
        }

        Volatile.Write(ref _known, now);
    }
}
