using JobNode.Commands;
using JobNode.Membership;

namespace JobNode.Api;

/// <summary>The calls about members: parse, ask, render. But for the drain they run on the leader.</summary>
internal sealed class MemberEndpoints(ApiParts parts)
{
    /// <summary><c>GET /members</c>.</summary>
    public async Task ListAsync(HttpContext context)
    {
        IReadOnlyList<MemberReport> reports = await parts.Admin.ListAsync(context.RequestAborted);
        QuarantinedNode[] quarantined = await QuarantinedAsync(context.RequestAborted);
        ConsensusStatus status = parts.Board.Current;
        await ApiResponses.JsonAsync(
            context,
            new MembersResponse(
                status.LeaderAddress, status.Configuration.FeatureLevel,
                [.. reports.Select(row => Render(row, quarantined))]),
            ApiJsonContext.Default.MembersResponse);
    }

    /// <summary><c>DELETE /members/{id}</c>.</summary>
    public Task RemoveAsync(HttpContext context, string idText) => AskAsync(context, idText, parts.Admin.RemoveAsync);

    /// <summary><c>POST /members/{id}/promote</c>.</summary>
    public Task PromoteAsync(HttpContext context, string idText) =>
        AskAsync(context, idText, parts.Admin.PromoteAsync);

    /// <summary><c>POST /members/{id}/release</c>.</summary>
    public Task ReleaseAsync(HttpContext context, string idText) => AskAsync(context, idText, ReleaseAsync);

    /// <summary><c>POST /transfer[?to=ID]</c>.</summary>
    public async Task TransferAsync(HttpContext context)
    {
        string? to = context.Request.Query["to"];
        if (to is not null)
        {
            await AskAsync(context, to, parts.Admin.TransferAsync);
            return;
        }

        await RenderAsync(context, await parts.Admin.TransferAsync(NodeId.None, context.RequestAborted));
    }

    /// <summary><c>POST /drain[?leave=true]</c>: answers, and then this node stops.</summary>
    public async Task DrainAsync(HttpContext context)
    {
        Problem? problem = RequestReader.Leave(context.Request, out bool leave);
        problem ??= leave && parts.Board.Current.Configuration.Members.Count == 1
            ? new(
                Problems.MembershipRefused,
                "This node is the only member, so there is no cluster that it could leave; stop it without \"leave\".")
            : null;
        if (problem is not null)
        {
            await ApiResponses.ProblemAsync(context, problem);
            return;
        }

        parts.Admin.Drain(leave);
        string sentence = leave
            ? "This node drains: it hands its work and its role over, is removed from the cluster, and stops."
            : "This node drains: it hands its work and its role over, and stops within 10 s; started again, it is the "
                + "same member.";
        await ApiResponses.JsonAsync(
            context,
            new OutcomeResponse(sentence),
            ApiJsonContext.Default.OutcomeResponse,
            StatusCodes.Status202Accepted);
    }

    private async Task AskAsync(
        HttpContext context, string idText, Func<NodeId, CancellationToken, Task<AdminOutcome>> ask)
    {
        Problem? problem = RequestReader.Node(idText, out NodeId id);
        ClusterConfiguration configuration = parts.Board.Current.Configuration;
        if (problem is null && configuration.Find(id) is null && !configuration.Removed.Contains(id))
        {
            problem = new(
                Problems.MemberUnknown, $"No member has the id {id}; GET /members lists those there are.");
        }

        if (problem is not null)
        {
            await ApiResponses.ProblemAsync(context, problem);
            return;
        }

        await RenderAsync(context, await ask(id, context.RequestAborted));
    }

    private Task<QuarantinedNode[]> QuarantinedAsync(CancellationToken cancellation) =>
        parts.ApplyThread.ReadAsync(() => parts.View.Quarantined, cancellation);

    private async Task<AdminOutcome> ReleaseAsync(NodeId id, CancellationToken cancellation)
    {
        QuarantinedNode[] quarantined = await QuarantinedAsync(cancellation);
        if (!Array.Exists(quarantined, node => node.Node == id))
        {
            return new AdminOutcome(true, $"node {id} is in no quarantine");
        }

        Proposed proposed = await parts.Proposer.ProposeAsync(new Release(id), cancellation);
        return proposed.Result.Code < ResultCode.NotLeader
            ? new AdminOutcome(true, $"node {id} gets work again; its first piece is checked")
            : new AdminOutcome(false, $"the release of node {id} was not confirmed: ask again");
    }

    private static Task RenderAsync(HttpContext context, AdminOutcome outcome) => outcome.IsDone
        ? ApiResponses.JsonAsync(
            context, new OutcomeResponse(Sentence(outcome)), ApiJsonContext.Default.OutcomeResponse)
        : ApiResponses.ProblemAsync(context, new(Problems.MembershipRefused, Sentence(outcome)));

    /// <summary>As people write one: the cluster's own may begin with "node" and end without a full stop.</summary>
    private static string Sentence(AdminOutcome outcome) =>
        $"{char.ToUpperInvariant(outcome.Sentence[0])}{outcome.Sentence[1..].TrimEnd('.')}.";

    private static MemberResponse Render(MemberReport report, QuarantinedNode[] quarantined)
    {
        QuarantinedNode found = Array.Find(quarantined, node => node.Node == report.Member.Id);
        return Render(report) with
        {
            Quarantine = found.Reason,
            QuarantinedSince = found.Reason is null ? null : JobReader.Iso(found.SinceMs),
        };
    }

    private static MemberResponse Render(MemberReport report) => new(
        report.Member.Id.ToString(),
        report.Member.Address,
        report.ApiAddress,
        RoleNames.Of(report.Member, report.IsLeader),
        report.Member.Zone,
        report.Version,
        report.Member.FeatureLevel,
        report.EntriesBehind,
        report.SinceContact is { } since ? Math.Round(since.TotalSeconds, 1) : null,
        report.IsDraining)
    {
        ComputeOnly = report.IsComputeOnly,
    };
}
