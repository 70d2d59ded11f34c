using System.Text.Json.Nodes;
using JobNode.Api;
using static JobNode.Tests.Description.Pieces;

namespace JobNode.Tests.Description;

/// <summary>The calls about nodes and the cluster.</summary>
internal static class ClusterOperations
{
    private const int MemberIdDigits = 16;

    private static readonly Parameter MemberInPath =
        new("id", "path", "A member's id as `GET /members` lists it.", MemberId()) { IsRequired = true };

    private static readonly ProblemKind[] OfMemberChanges =
        [Problems.MemberIdInvalid, Problems.MemberUnknown, Problems.MembershipRefused];

    /// <summary>By method and path.</summary>
    public static readonly Dictionary<string, Operation> Table = new(StringComparer.Ordinal)
    {
        ["GET /members"] = new("members", "Who is in the cluster", new("All members.", Json<MembersResponse>()))
        {
            More = "As the leader sees it; any node passes the call on.",
        },
        ["DELETE /members/{id}"] = Change("removeMember", "Remove a member for good", "Removed.") with
        {
            More = "Refused while the quorum needs it. A removed node never comes back under its id.",
        },
        ["POST /members/{id}/promote"] = Change("promoteMember", "Raise a member's role", "Promoted.") with
        {
            More = "Makes a spare a stand-by, or a stand-by that has caught up a voter.",
        },
        ["POST /members/{id}/release"] =
            Change("releaseMember", "End a member's quarantine", "It gets work again, or was in no quarantine.") with
            {
                More = "For a node that computed wrongly, once its machine is repaired: it gets work again, and its "
                    + "first piece is checked.",
            },
        ["POST /transfer"] = Change("transfer", "Hand leadership over", "Another node leads.") with
        {
            Parameters =
            [
                new("to", "query", "The voter that shall lead; the most up to date one when absent.", MemberId()),
            ],
        },
        ["POST /drain"] = new(
            "drain",
            "Stop this node in order",
            new("It drains from now on.", Json<OutcomeResponse>()) { Status = 202 })
        {
            More = "The node that is asked hands over its work and its role, then its process ends.",
            Parameters =
            [
                new("leave", "query", "true removes it from the cluster for good.",
                    new JsonObject { ["type"] = "boolean", ["default"] = false }),
            ],
            Refusals = [Problems.LeaveInvalid, Problems.MembershipRefused],
        },
        ["GET /backup"] = new(
            "backup",
            "The whole state as of now, as one file",
            new("A snapshot file.", new Content("application/octet-stream", Form.Bytes))
            {
                Headers =
                [
                    (BackupEndpoint.IndexHeader, "Log index of the last entry in it.",
                        new JsonObject { ["type"] = "integer", ["minimum"] = 1 }),
                    (BackupEndpoint.DigestHeader, "Digest of the state in it.", Form.Hex(32)),
                ],
            })
        {
            More = "Everything acknowledged before the call is in it, and the node goes on meanwhile. `jobnode backup` "
                + "downloads and verifies it, `jobnode restore` makes a node of it. An answer that ends without its "
                + "last block is no backup.",
            Refusals = [Problems.NoLogHere, Problems.Overloaded, Problems.NoQuorum],
        },
        ["GET /status"] = new(
            "status", "Node, cluster, queue and rates", new("What this node knows.", Json<StatusResponse>())),
        ["GET /events"] = new(
            "events",
            "What happens, as it happens",
            new("Server-sent events until the client goes.", new Content("text/event-stream", Form.Text)))
        {
            More = "`status` about once a second when it changed, `history` once (samples of the last hour), `sample` "
                + "every few seconds, and what happens: elections, joins, losses. The dashboard lives on it.",
            Refusals = [Problems.Overloaded],
        },
        ["GET /livez"] = new("live", "Is the process alive", Plain("It is.")) { NeedsNoCluster = true },
        ["GET /readyz"] = new("ready", "Is this node ready for work", Plain("It is; sentences say what is not well."))
        {
            Refusals = [Problems.NotReady, Problems.NoQuorum, Problems.DiskBlocked],
        },
        ["GET /metrics"] = new("metrics", "Prometheus metrics", Plain("Prometheus' text format.")),
        ["GET /openapi.json"] = new(
            "description", "This document", new("OpenAPI 3.1.", new Content(JsonType, new() { ["type"] = "object" }))),
        ["GET /problems"] = new("problems", "What each type of problem means", Page("All types.", "text/plain"))
        {
            NeedsNoCluster = true,
        },
        ["GET /problems/{name}"] = new("problem", "What a type of problem means", Page("The type.", "text/plain"))
        {
            More = "The path is the `type` of the problem. Browsers get HTML.",
            Parameters =
            [
                new("name", "path", "What follows /problems/ in a problem's type.",
                    Form.OneOf(Problems.All.Select(kind => kind.Name))) { IsRequired = true },
            ],
            NeedsNoCluster = true,
            Refusals = [Problems.PathUnknown],
        },
        ["GET /"] = new("dashboard", "A page for people", Page("The page."))
        {
            RefusedAs = [new("text/html", Form.Text)],
        },
    };

    private static Operation Change(string id, string summary, string success) =>
        new(id, summary, new(success, Json<OutcomeResponse>()))
        {
            Parameters = [MemberInPath],
            Refusals = OfMemberChanges,
        };

    private static JsonObject MemberId()
    {
        JsonObject schema = Form.Hex(MemberIdDigits);
        schema["type"] = "string";
        return schema;
    }
}
