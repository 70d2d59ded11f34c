using JobNode.Commands;
using JobNode.Membership;

namespace JobNode.Tests.Membership;

/// <summary>
/// A cluster without a log: members that live, are silent, drain or leave, and a leader that plans. Changes apply at
/// once, and who lives follows at once.
/// </summary>
internal sealed class PlannedCluster
{
    public const ulong CommitIndex = 50_000;

    public static readonly TimeSpan Hours = TimeSpan.FromHours(25);
    public static readonly TimeSpan Minutes = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan Seconds = TimeSpan.FromSeconds(20);

    private readonly Dictionary<NodeId, Node> _nodes = [];

    public PlannedCluster(int voters = 3) => Options = new PlannerOptions { Voters = voters };

    public PlannerOptions Options { get; set; }

    public ClusterConfiguration Configuration { get; private set; } = new(9, []);

    public NodeId Leader { get; set; }

    public List<Member> Joiners { get; } = [];

    public List<string> Steps { get; } = [];

    public Node this[ulong id] => _nodes[new NodeId(id)];

    public string Roles => string.Join(' ', Configuration.Members.Select(m => $"{m.Id.Value}{Letter(m.Role)}"));

    public int Voters => Configuration.Voters.Count();

    public PlannedCluster With(ulong id, MemberRole role, string zone = "", TimeSpan silent = default)
    {
        var node = new NodeId(id);
        Leader = Leader == NodeId.None ? node : Leader;
        var member = new Member(node, $"n{id}:5001") { Role = role, Zone = zone };
        Configuration = Configuration with { Members = [.. Configuration.Members.Append(member).OrderBy(m => m.Id)] };
        _nodes[node] = new Node { Silent = silent, Zone = zone };
        return this;
    }

    /// <summary>A node that asks to be let in, with what it says of itself.</summary>
    public void Join(ulong id, bool? isComputeOnly = false, string zone = "", string? address = null)
    {
        Joiners.Add(new Member(new NodeId(id), address ?? $"n{id}:5001") { Zone = zone });
        _nodes[new NodeId(id)] = new Node { Zone = zone, IsComputeOnly = isComputeOnly };
    }

    public PlannerInput Look() => new(
        Configuration,
        Leader,
        CommitIndex,
        Configuration.Members.Concat(Joiners).Where(member => _nodes.ContainsKey(member.Id))
            .DistinctBy(member => member.Id).ToDictionary(member => member.Id, ViewOf),
        Joiners,
        Options);

    public Plan Plan() => RolePlanner.Next(Look());

    /// <summary>One step; false when there was none. Checks what must hold of every step.</summary>
    public bool Step()
    {
        Plan plan = Plan();
        switch (plan.Step)
        {
            case PlannerStep.Change change:
                Apply(change);
                return true;
            case PlannerStep.TransferTo transfer:
                Assert.Equal(MemberRole.Voter, Configuration.Find(transfer.Node)!.Role);
                Assert.True(IsLive(transfer.Node));
                Assert.NotEqual(Leader, transfer.Node);
                Steps.Add($"lead {transfer.Node.Value}");
                Leader = transfer.Node;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Steps until nothing is to be done.</summary>
    public PlannedCluster Settle()
    {
        int most = 20 + (10 * (Configuration.Members.Count + Joiners.Count));
        for (int i = 0; i < most; i++)
        {
            if (!Step())
            {
                return this;
            }
        }

        Assert.Fail($"no end after {most} steps: {string.Join(", ", Steps.TakeLast(12))}; now {Roles}");
        return this;
    }

    /// <summary>The node's process ends; nobody plans for it any more.</summary>
    public void Silence(ulong id, TimeSpan since) => _nodes[new NodeId(id)].Silent = since;

    private static string Letter(MemberRole role) => role switch
    {
        MemberRole.Voter => "V",
        MemberRole.StandBy => "B",
        _ => "S",
    };

    private void Apply(PlannerStep.Change change)
    {
        AssertRisesOnlyWhoMay(change);
        int liveBefore = CountLive(Configuration);
        bool hadQuorum = liveBefore >= (Voters / 2) + 1;
        string? refusal = ConfigurationChange.TryApply(Configuration, change.What, out ClusterConfiguration next);
        Assert.True(refusal is null, $"{change.Reason}: {refusal}");
        Assert.True(next.Find(Leader)?.Role == MemberRole.Voter, $"the leader keeps its role: {change.Reason}");
        int live = CountLive(next);
        int voters = next.Voters.Count();
        bool changesVoters = voters != Voters;
        Assert.True(
            !changesVoters || !hadQuorum || live >= (voters / 2) + 1,
            $"{live} of {voters} voters live after: {change.Reason}");
        Steps.Add(change.Reason);
        foreach (Member joined in next.Members.Where(m => !_nodes.ContainsKey(m.Id)))
        {
            _nodes[joined.Id] = new Node { Zone = joined.Zone };
        }

        Configuration = next;
    }

    private void AssertRisesOnlyWhoMay(PlannerStep.Change change)
    {
        if (change.What is MemberChange.Put { Member: { } put } && Configuration.Find(put.Id) is { } before
            && put.Role > before.Role)
        {
            Assert.True(_nodes[put.Id].IsComputeOnly == false, $"may not rise: {change.Reason}");
        }
    }

    private int CountLive(ClusterConfiguration configuration) => configuration.Voters.Count(v => IsLive(v.Id));

    private bool IsLive(NodeId id) => id == Leader || _nodes[id].Silent == TimeSpan.Zero;

    private MemberView ViewOf(Member member)
    {
        Node node = _nodes[member.Id];
        bool hasLog = member.Role != MemberRole.Spare;
        return new MemberView(node.Silent)
        {
            MatchIndex = hasLog && !node.IsBehind ? CommitIndex : 0,
            IsActive = hasLog && node.Silent == TimeSpan.Zero,
            IsDraining = node.IsDraining || node.IsLeaving,
            IsLeaving = node.IsLeaving,
            Address = node.Address,
            Zone = node.Zone,
            FeatureLevel = node.FeatureLevel,
            IsComputeOnly = node.IsComputeOnly,
            IsDiskLow = node.IsDiskLow,
        };
    }

    internal sealed class Node
    {
        public TimeSpan Silent { get; set; }

        public bool IsDraining { get; set; }

        public bool IsLeaving { get; set; }

        public bool IsBehind { get; set; }

        /// <summary>Null: the leader has not heard yet.</summary>
        public bool? IsComputeOnly { get; set; } = false;

        /// <summary>Null: the leader has not heard yet.</summary>
        public bool? IsDiskLow { get; set; } = false;

        public string? Address { get; set; }

        public string Zone { get; set; } = "";

        public int? FeatureLevel { get; set; }
    }
}
