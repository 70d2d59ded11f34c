using JobNode.Commands;
using JobNode.Consensus;

namespace JobNode.Simulation;

/// <summary>
/// Carries messages between nodes through virtual time, and loses, delays, reorders and repeats them.
/// </summary>
internal sealed class SimulatedNetwork(Random random, SimulatedTime time, SimulationCounts counts, int nodes)
{
    private readonly PriorityQueue<Action, (long AtMs, long Order)> _events = new();
    private readonly bool[,] _isCut = new bool[nodes, nodes];
    private long _order;

    /// <summary>Messages lost, of a thousand.</summary>
    public int DropPerMille { get; set; }

    /// <summary>Requests for votes lost besides, of a thousand.</summary>
    public int VoteDropPerMille { get; set; }

    /// <summary>Called when an answer to a request for votes sets out; gives sender and receiver.</summary>
    public Action<int, int> VoteSent { get; set; } = (_, _) => { };

    /// <summary>Messages delivered twice, of a thousand.</summary>
    public int DuplicatePerMille { get; set; }

    /// <summary>Longest usual delay in ms; one message in fifty takes ten times that.</summary>
    public int DelayMaxMs { get; set; } = 20;

    /// <summary>Gives a node by its index, or null while it is down.</summary>
    public Func<int, RaftLoop?> FindLoop { get; set; } = _ => null;

    /// <summary>Hands a message to a node.</summary>
    public Action<int, byte[]> Deliver { get; set; } = (_, _) => { };

    /// <summary>Reads a snapshot file of a node; null when it is not there any more.</summary>
    public Func<int, ulong, byte[]?> ReadSnapshot { get; set; } = (_, _) => null;

    /// <summary>Hands a message and its snapshot file to a node; false when it could not take them.</summary>
    public Func<int, byte[], byte[], bool> DeliverSnapshot { get; set; } = (_, _, _) => false;

    /// <summary>Connections that break for no reason, of a thousand looks at one.</summary>
    public int StreamBreakPerMille { get; set; }

    /// <summary>What happened.</summary>
    public SimulationCounts Counts => counts;

    /// <summary>Virtual milliseconds.</summary>
    public long NowMs => time.NowMs;

    /// <summary>Runs an action at a later time.</summary>
    public void At(long delayMs, Action action) => _events.Enqueue(action, (time.NowMs + delayMs, _order++));

    /// <summary>Runs what is due.</summary>
    public void RunDue()
    {
        while (_events.TryPeek(out Action? action, out (long AtMs, long Order) key) && key.AtMs <= time.NowMs)
        {
            _events.Dequeue();
            action();
        }
    }

    /// <summary>Cuts or mends one direction.</summary>
    public void Cut(int from, int to, bool isCut) => _isCut[from, to] = isCut;

    /// <summary>True while this direction is cut.</summary>
    public bool IsCut(int from, int to) => _isCut[from, to];

    /// <summary>Throws the dice for one message.</summary>
    public bool DropsOne() => random.Next(1000) < DropPerMille;

    /// <summary>Mends everything.</summary>
    public void Heal()
    {
        Mend();
        Calm();
    }

    /// <summary>No link is cut.</summary>
    public void Mend() => Array.Clear(_isCut);

    /// <summary>Messages arrive, once and soon.</summary>
    public void Calm()
    {
        DropPerMille = 0;
        StreamBreakPerMille = 0;
        DuplicatePerMille = 0;
        DelayMaxMs = 20;
    }

    /// <summary>A message sets out.</summary>
    public void Send(int from, int to, byte[] message, long lateMs)
    {
        counts.Messages++;
        RaftMessageKind kind = RaftMessage.KindOf(message);
        Invariant.That(
            RaftMessage.SenderOf(message) == SimulatedNode.IdAt(from), "a message says who sent it");
        if (kind == RaftMessageKind.VoteResponse)
        {
            VoteSent(from, to);
        }

        int dropPerMille = Math.Max(DropPerMille, kind == RaftMessageKind.Vote ? VoteDropPerMille : 0);
        if (random.Next(1000) < dropPerMille || _isCut[from, to])
        {
            counts.Drops++;
            if (random.Next(4) == 0)
            {
                At(Delay(), () => FindLoop(from)?.ReportUnreachable(new NodeId((ulong)to + 1)));
            }

            return;
        }

        int copies = 1;
        if (random.Next(1000) < DuplicatePerMille)
        {
            counts.Duplicates++;
            copies = 2;
        }

        for (int i = 0; i < copies; i++)
        {
            At(Delay() + lateMs, () => Deliver(to, message));
        }
    }

    /// <summary>Half a call beside raft: arrives once, or is lost.</summary>
    public void Carry(NodeId from, NodeId to, Action arrive)
    {
        bool isLost = _isCut[(int)from.Value - 1, (int)to.Value - 1] || random.Next(1000) < DropPerMille;
        if (!isLost)
        {
            At(Delay(), arrive);
        }
    }

    /// <summary>A snapshot sets out: the file as it is now, then the message; the sender hears how it went.</summary>
    public void SendSnapshot(int from, int to, byte[] message, ulong index)
    {
        counts.SnapshotsSent++;
        byte[]? file = ReadSnapshot(from, index);
        bool isLost = file is null || _isCut[from, to] || random.Next(1000) < DropPerMille;
        At(Delay() * 2, () =>
        {
            bool isDelivered = !isLost && DeliverSnapshot(to, message, file!);
            At(Delay(), () => FindLoop(from)?.ReportSnapshot(new NodeId((ulong)to + 1), isDelivered));
        });
    }

    /// <summary>How long the next message takes, in ms.</summary>
    public long Delay() => random.Next(50) == 0 ? random.Next(DelayMaxMs * 10) : random.Next(DelayMaxMs);
}

/// <summary>One life of a node sending through the network.</summary>
internal sealed class SimulatedTransport(SimulatedNetwork network, SimulatedNode node, int self) : IRaftTransport
{
    /// <inheritdoc/>
    public void Send(NodeId to, byte[] message) => network.Send(self, (int)to.Value - 1, message, node.LateMs);

    /// <inheritdoc/>
    public void SendSnapshot(NodeId to, byte[] message, ulong snapshotIndex) =>
        network.SendSnapshot(self, (int)to.Value - 1, message, snapshotIndex);
}
