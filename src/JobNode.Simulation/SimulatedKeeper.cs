using JobNode.Commands;
using JobNode.Membership;

namespace JobNode.Simulation;

/// <summary>
/// The leader's loop over the members (as <c>MembershipKeeper</c>) on virtual time, for one life of a node: hears who
/// announces, asks the role planner, proposes one change and waits for it.
/// </summary>
internal sealed class SimulatedKeeper(SimulatedNode node, SimulatedTime time, MachineRoom room)
{
    private const long ChangePatienceMs = 800;
    private const long JoinerPatienceMs = 2_000;

    private readonly StatusBoard _life = node.Board!;
    private readonly Dictionary<NodeId, long> _heardMs = [];
    private readonly Dictionary<NodeId, SimulatedAnnouncement> _announced = [];
    private Task<IReadOnlyList<MemberProgress>>? _progress;
    private ClusterConfiguration? _waitsWith;
    private ulong _term;
    private long _sinceMs;
    private long _nextMs;
    private long _patientUntilMs;

    /// <summary>True while this node leads and nothing is left to do.</summary>
    public bool IsAtRest { get; private set; }

    /// <summary>True when this is the node's present life.</summary>
    public bool IsOf(SimulatedNode other) => ReferenceEquals(other.Board, _life) && other.IsUp;

    /// <summary>A node announced itself.</summary>
    public void Hear(SimulatedAnnouncement said)
    {
        _heardMs[said.Node] = time.NowMs;
        _announced[said.Node] = said;
    }

    /// <summary>After a turn of the node.</summary>
    public void Turn()
    {
        ConsensusStatus status = _life.Current;
        if (!status.IsLeader)
        {
            _term = 0;
            IsAtRest = false;
            return;
        }

        if (status.Term != _term)
        {
            Begin(status.Term);
        }

        bool isWaiting = ReferenceEquals(_waitsWith, status.Configuration) && time.NowMs < _patientUntilMs;
        if (time.NowMs < _nextMs || isWaiting)
        {
            return;
        }

        if (_progress is null)
        {
            _progress = node.Loop!.ReadProgressAsync(CancellationToken.None);
        }
        else if (_progress.IsCompletedSuccessfully)
        {
            IReadOnlyList<MemberProgress> progress = _progress.Result;
            _progress = null;
            _nextMs = time.NowMs + room.KeeperEveryMs;
            Plan(status, progress);
        }
    }

    private void Begin(ulong term)
    {
        _term = term;
        _sinceMs = time.NowMs;
        _heardMs.Clear();
        _announced.Clear();
        _progress = null;
        _waitsWith = null;
        IsAtRest = false;
    }

    private void Plan(ConsensusStatus status, IReadOnlyList<MemberProgress> progress)
    {
        if (status.Configuration.Find(status.Self) is null)
        {
            return;
        }

        Plan plan = RolePlanner.Next(Describe(status, progress));
        IsAtRest = plan.Step is PlannerStep.Rest;
        switch (plan.Step)
        {
            case PlannerStep.Change change when room.Propose(node, change.What, change.Reason):
                _waitsWith = status.Configuration;
                _patientUntilMs = time.NowMs + ChangePatienceMs;
                break;
            case PlannerStep.TransferTo transfer:
                node.Loop!.TransferLeadership(transfer.Node);
                _waitsWith = status.Configuration;
                _patientUntilMs = time.NowMs + ChangePatienceMs;
                break;
            default:
                break;
        }
    }

    private PlannerInput Describe(ConsensusStatus status, IReadOnlyList<MemberProgress> progress)
    {
        var views = new Dictionary<NodeId, MemberView>();
        foreach (Member member in status.Configuration.Members)
        {
            bool isSelf = member.Id == status.Self;
            SimulatedAnnouncement? said = _announced.GetValueOrDefault(member.Id);
            MemberProgress place = progress.FirstOrDefault(p => p.Id == member.Id);
            views[member.Id] = new MemberView(isSelf ? TimeSpan.Zero : Since(member.Id))
            {
                MatchIndex = isSelf ? status.CommitIndex : place.MatchIndex,
                IsActive = isSelf || place.IsActive,
                IsDraining = said is { IsDraining: true } or { IsLeaving: true },
                IsLeaving = said is { IsLeaving: true },
                Address = said?.Address,
                Zone = said?.Zone,
                IsComputeOnly = said?.IsComputeOnly,
            };
        }

        List<Member> joiners =
        [
            .. _announced.Values
                .Where(said => !said.HasLog && status.Configuration.Find(said.Node) is null)
                .Where(said => !status.Configuration.Removed.Contains(said.Node))
                .Where(said => time.NowMs - _heardMs[said.Node] < JoinerPatienceMs)
                .Select(static said => new Member(said.Node, said.Address)
                {
                    Role = MemberRole.Spare,
                    Zone = said.Zone,
                })
                .OrderBy(static member => member.Id),
        ];
        foreach (Member joiner in joiners)
        {
            views[joiner.Id] = new MemberView(Since(joiner.Id)) { IsComputeOnly = _announced[joiner.Id].IsComputeOnly };
        }

        return new PlannerInput(
            status.Configuration, status.Self, status.CommitIndex, views, joiners, room.Options);
    }

    private TimeSpan Since(NodeId id) =>
        TimeSpan.FromMilliseconds(time.NowMs - _heardMs.GetValueOrDefault(id, _sinceMs));
}

/// <summary>What a node tells the leader of itself.</summary>
internal sealed record SimulatedAnnouncement(
    NodeId Node, string Address, string Zone, bool HasLog, bool IsDraining, bool IsLeaving, bool IsComputeOnly);
