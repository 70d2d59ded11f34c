using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>What a node that is not a member yet does next.</summary>
internal abstract record BootstrapStep
{
    private BootstrapStep()
    {
    }

    /// <summary>This node makes the configuration, of these members.</summary>
    internal sealed record Decide(IReadOnlyList<Member> Members) : BootstrapStep;

    /// <summary>This node takes over a configuration that a member holds.</summary>
    internal sealed record Adopt(ClusterConfiguration Configuration) : BootstrapStep;

    /// <summary>A cluster is there already: this node asks to be let in.</summary>
    /// <param name="Addresses">Where its members answered.</param>
    internal sealed record Join(IReadOnlyList<string> Addresses) : BootstrapStep;

    /// <summary>Nothing yet.</summary>
    /// <param name="Reason">Why, for people.</param>
    /// <param name="NeedsPeople">True when time alone will not change it.</param>
    internal sealed record Wait(string Reason, bool NeedsPeople) : BootstrapStep;
}

/// <summary>
/// The decision that makes one configuration out of a static list, as a pure function of what a node knows: its own
/// hello and the latest answer from each address of its list, itself included.
/// </summary>
/// <remarks>
/// <para>Only the node whose address sorts first may decide, once all addresses answered as fresh with the same list.
/// That alone is not enough: let F decide C1, send it, and be wiped; the new node F' at the same address finds
/// everybody still fresh (C1 is in flight to B), decides C2, and then B adopts C1. Two clusters of one list.</para>
/// <para>So each fresh node says whom it last saw at the first address (<see cref="Hello.First"/>), adopts only a
/// configuration whose member at the first address is that node, and the decider needs every answer to name itself. Why
/// no interleaving, with any number of crashes and wipes, gives two configurations of one list:</para>
/// <list type="number">
/// <item>A node asks an address again only after the previous question to it was answered or dropped, and a dropped
/// one's answer is never looked at. An answer comes from a process that lived after its question. Processes at one
/// address do not overlap (one port, one data directory). So <c>First</c> only ever moves on from F to F', never
/// back.</item>
/// <item>F' decides when every X answered "fresh, First = F'" within the life of F'. After that answer X never adopts a
/// configuration decided by an earlier F (item 1; if X itself starts again or is wiped, F is gone for good and X can
/// only see F' or later). Before it X had adopted none, since it was fresh, and a wiped copy of one is no copy.</item>
/// <item>So at the moment F' decides, no node holds or will ever hold a configuration of an earlier decider. F' itself
/// decides once: it is not fresh from the decision on, its configuration is durable before anyone is told, and one that
/// was lost in a crash before that was never told.</item>
/// <item>The check and the change of state are one step under the caller's lock, together with answering hellos:
/// a node never says "fresh" while it writes a configuration.</item>
/// </list>
/// <para>Only a first configuration (<see cref="Hello.IsFirst"/>) is taken over like this, as the state at index 1: a
/// cluster that has changed its members since, or never named this node, is joined through its leader
/// (<see cref="ClusterJoin"/>). A node that joins is not fresh any more from that step on, so no decider counts
/// it.</para>
/// <para>What stays outside: one address that reaches different machines, and a list that is edited while the nodes
/// start (each list may form a cluster of its own; their ids differ, and they refuse each other).</para>
/// </remarks>
internal static class BootstrapDecision
{
    /// <summary>Decides, adopts, or says what is missing.</summary>
    /// <param name="self">This node's own hello; it is fresh and knows its address.</param>
    /// <param name="answers">The latest answer by address; an address that did not answer is missing.</param>
    public static BootstrapStep Decide(Hello self, IReadOnlyDictionary<string, Hello> answers)
    {
        Invariant.That(self.State == BootstrapState.Fresh, "only a fresh node decides");
        Invariant.That(self.Peers.Contains(self.Address), "a node's list holds the node itself");
        if (FindAdoptable(self, answers) is { } configuration)
        {
            return new BootstrapStep.Adopt(configuration);
        }

        if (FindMistake(self, answers) is { } mistake)
        {
            return new BootstrapStep.Wait(mistake, NeedsPeople: true);
        }

        string[] members = [.. answers.Where(other => IsToJoin(self, other.Value)).Select(static other => other.Key)];
        if (members.Length > 0)
        {
            return new BootstrapStep.Join(members);
        }

        if (FindDifference(self, answers) is { } difference)
        {
            return new BootstrapStep.Wait(difference, NeedsPeople: true);
        }

        string[] silent = [.. self.Peers.Where(address => !answers.ContainsKey(address))];
        if (silent.Length > 0)
        {
            return new BootstrapStep.Wait(
                $"this node waits for {PeerList.Format(silent)} before the cluster can form", NeedsPeople: false);
        }

        if (self.Address != self.Peers[0])
        {
            return new BootstrapStep.Wait(
                $"this node waits for {self.Peers[0]} to form the cluster", NeedsPeople: false);
        }

        string[] unready = [.. self.Peers.Where(address => !IsReady(answers[address], self.Node))];
        return unready.Length > 0
            ? new BootstrapStep.Wait(
                $"this node waits for {PeerList.Format(unready)} to see it", NeedsPeople: false)
            : new BootstrapStep.Decide(
                [.. self.Peers.Select(address => new Member(answers[address].Node, address)).OrderBy(m => m.Id)]);
    }

    /// <summary>A first configuration that names this node is taken over or waited for, never joined.</summary>
    private static bool IsToJoin(Hello self, Hello answer) =>
        answer.Configuration is { } configuration && !(answer.IsFirst && configuration.Find(self.Node) is not null);

    private static bool IsReady(Hello answer, NodeId decider) =>
        answer.State == BootstrapState.Fresh && answer.First == decider;

    private static ClusterConfiguration? FindAdoptable(Hello self, IReadOnlyDictionary<string, Hello> answers)
    {
        foreach (Hello answer in answers.Values)
        {
            if (answer is { IsFirst: true, Configuration: { } configuration }
                && configuration.Find(self.Node)?.Address == self.Address
                && configuration.Find(self.First)?.Address == self.Peers[0])
            {
                return configuration;
            }
        }

        return null;
    }

    /// <summary>
    /// A sentence about something that only people can put right and that stands in every way into a cluster, or null.
    /// </summary>
    private static string? FindMistake(Hello self, IReadOnlyDictionary<string, Hello> answers)
    {
        (string Address, UInt128 Cluster)? found = null;
        foreach ((string address, Hello answer) in answers)
        {
            string? mistake = answer.Node == self.Node
                ? JudgeOwnAnswer(self, address)
                : JudgeAtOwnAddress(self, address, answer);
            if (mistake is null && answer is { Configuration: { } configuration } && answer.Node != self.Node)
            {
                mistake = answer.IsFirst ? JudgeFirst(self, address, configuration) : null;
                if (found is { } other && other.Cluster != configuration.ClusterId)
                {
                    mistake ??= $"{other.Address} and {address} are in different clusters: name only nodes of one "
                        + "cluster in --peers";
                }

                found = (address, configuration.ClusterId);
            }

            if (mistake is not null)
            {
                return mistake;
            }
        }

        return null;
    }

    private static string? JudgeOwnAnswer(Hello self, string address) => address == self.Address
        ? null
        : $"{address} and {self.Address} are both this node: name each node once in --peers, by the --advertise "
            + "address that it has";

    private static string? JudgeAtOwnAddress(Hello self, string address, Hello answer) => address != self.Address
        ? null
        : $"{address} is this node's --advertise address, but node {answer.Node} answers there: "
            + "give each node its own address";

    /// <summary>A first configuration that names this node, but that it must not take over.</summary>
    private static string? JudgeFirst(Hello self, string address, ClusterConfiguration configuration)
    {
        if (configuration.Find(self.Node) is not { } own)
        {
            return null;
        }

        if (own.Address != self.Address)
        {
            return $"{address} knows this node as {own.Address}: start it with --advertise {own.Address}";
        }

        return self.First == NodeId.None || configuration.Find(self.First) is not null
            ? null
            : $"{self.Peers[0]} lost its data directory while the cluster was formed: empty the data directories "
                + "of all nodes and start them again";
    }

    /// <summary>While no cluster is there: what keeps these nodes from forming one until people change it.</summary>
    private static string? FindDifference(Hello self, IReadOnlyDictionary<string, Hello> answers)
    {
        foreach ((string address, Hello answer) in answers)
        {
            if (answer.Node == self.Node || answer.Configuration is not null)
            {
                continue;
            }

            if (answers.Any(other => other.Key != address && other.Value.Node == answer.Node))
            {
                string twin = answers.First(other => other.Key != address && other.Value.Node == answer.Node).Key;
                return $"{address} and {twin} are the same node: name each node once in --peers";
            }

            if (answer.Address.Length > 0 && answer.Address != address)
            {
                return $"{address} calls itself {answer.Address}: write the same address in --peers and in its "
                    + "--advertise";
            }

            if (answer.Peers.Count > 0 && !answer.Peers.SequenceEqual(self.Peers))
            {
                return $"the lists differ: this node has {PeerList.Format(self.Peers)}; {address} has "
                    + $"{PeerList.Format(answer.Peers)}: start all nodes with the same --peers";
            }
        }

        return null;
    }
}
