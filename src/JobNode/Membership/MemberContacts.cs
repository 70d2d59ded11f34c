using System.Collections.Concurrent;
using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>
/// What a leader knows of the nodes around it beyond the log: when each was heard of, what it announced, who wants in.
/// Memory only; a new leader begins without, and counts everybody as heard of when it began. Thread-safe.
/// </summary>
internal sealed class MemberContacts(TimeProvider time)
{
    private const int NodesMax = 2 * Limits.MembersMax;

    private static readonly TimeSpan JoinerPatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<NodeId, long> _heard = new();
    private readonly ConcurrentDictionary<NodeId, Announcement> _announced = new();
    private readonly ConcurrentDictionary<NodeId, string> _verified = new();
    private readonly ConcurrentDictionary<NodeId, Announcement> _joiners = new();
    private volatile IReadOnlyDictionary<NodeId, string> _stuck = new Dictionary<NodeId, string>();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _since = time.GetTimestamp();

    /// <summary>Leadership begins: what is remembered may be old, so everybody was heard of just now.</summary>
    public void Restart()
    {
        _heard.Clear();
        _announced.Clear();
        _joiners.Clear();
        _verified.Clear();
        _stuck = new Dictionary<NodeId, string>();
        Interlocked.Exchange(ref _since, time.GetTimestamp());
    }

    /// <summary>The node sent something.</summary>
    public void Heard(NodeId node)
    {
        if (_heard.Count < NodesMax || _heard.ContainsKey(node))
        {
            _heard[node] = time.GetTimestamp();
        }
    }

    /// <summary>A member said this of itself. True when it says that it leaves, for the first time.</summary>
    public bool Announced(Announcement announcement)
    {
        Heard(announcement.Node);
        _announced.TryGetValue(announcement.Node, out Announcement? before);
        _announced[announcement.Node] = announcement;
        _joiners.TryRemove(announcement.Node, out _);
        bool isNews = before?.IsDraining != announcement.IsDraining || before?.IsLeaving != announcement.IsLeaving;
        if (isNews)
        {
            Wake();
        }

        return isNews && (announcement.IsDraining || announcement.IsLeaving);
    }

    /// <summary>The node was found at the address that it announced, so no other one is there.</summary>
    public void Verified(NodeId node, string address)
    {
        if (_verified.TryGetValue(node, out string? known) && known == address)
        {
            return;
        }

        foreach ((NodeId other, string place) in _verified)
        {
            if (place == address)
            {
                _verified.TryRemove(other, out _);
            }
        }

        _verified[node] = address;
        Wake();
    }

    /// <summary>Where the node was found, or null.</summary>
    public string? FindVerified(NodeId node) => _verified.GetValueOrDefault(node);

    /// <summary>A checked node waits to be let in. False when too many do.</summary>
    public bool Join(Announcement announcement)
    {
        if (_joiners.Count >= NodesMax && !_joiners.ContainsKey(announcement.Node))
        {
            return false;
        }

        Heard(announcement.Node);
        _joiners[announcement.Node] = announcement;
        Wake();
        return true;
    }

    /// <summary>Time since the node was heard of; since this leader began when it was not.</summary>
    public TimeSpan Since(NodeId node) => time.GetElapsedTime(
        _heard.TryGetValue(node, out long at) ? at : Interlocked.Read(ref _since));

    /// <summary>What the node announced last, or null.</summary>
    public Announcement? FactsOf(NodeId node) => _announced.GetValueOrDefault(node);

    /// <summary>What keeps a leaving or joining node waiting for ever, or null.</summary>
    public string? FindStuck(NodeId node) => _stuck.GetValueOrDefault(node);

    /// <summary>The planner's word on those that wait.</summary>
    public void SetStuck(IReadOnlyDictionary<NodeId, string> stuck) => _stuck = stuck;

    /// <summary>Completes when something happened that the keeper should look at.</summary>
    public Task WaitForNewsAsync() => Volatile.Read(ref _news).Task;

    /// <summary>What the planner looks at.</summary>
    public PlannerInput Describe(
        ConsensusStatus status, IReadOnlyList<MemberProgress> progress, PlannerOptions options)
    {
        ClusterConfiguration configuration = status.Configuration;
        var views = new Dictionary<NodeId, MemberView>();
        List<Member> joiners = Joiners(configuration, views);
        foreach (Member member in configuration.Members)
        {
            Announcement? facts = FactsOf(member.Id);
            MemberProgress place = progress.FirstOrDefault(p => p.Id == member.Id);
            bool isSelf = member.Id == status.Self;
            views[member.Id] = new MemberView(isSelf ? TimeSpan.Zero : Since(member.Id))
            {
                MatchIndex = isSelf ? status.CommitIndex : place.MatchIndex,
                IsActive = isSelf || place.IsActive,
                IsDraining = facts is { IsDraining: true } or { IsLeaving: true },
                IsLeaving = facts is { IsLeaving: true },
                Address = FindVerified(member.Id),
                Zone = facts?.Zone,
                FeatureLevel = facts?.FeatureLevel,
                IsComputeOnly = facts?.IsComputeOnly,
                IsDiskLow = facts?.IsDiskLow,
            };
        }

        return new PlannerInput(configuration, status.Self, status.CommitIndex, views, joiners, options);
    }

    private List<Member> Joiners(ClusterConfiguration configuration, Dictionary<NodeId, MemberView> views)
    {
        var joiners = new List<Member>();
        foreach ((NodeId node, Announcement facts) in _joiners)
        {
            if (configuration.Find(node) is not null || Since(node) > JoinerPatience)
            {
                if (configuration.Find(node) is not null)
                {
                    // It is what it said when it asked: no need to wait until it says so as a member.
                    _announced.TryAdd(node, facts);
                }

                _joiners.TryRemove(node, out _);
                continue;
            }

            views[node] = new MemberView(Since(node)) { IsComputeOnly = facts.IsComputeOnly };
            joiners.Add(new Member(node, facts.Address)
            {
                Role = MemberRole.Spare,
                Zone = facts.Zone,
                FeatureLevel = facts.FeatureLevel,
            });
        }

        joiners.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        return joiners;
    }

    private void Wake() => Interlocked.Exchange(
        ref _news, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
