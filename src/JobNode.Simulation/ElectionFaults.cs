using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>
/// Faults in the moments in which a node could break the promises of an election (dissertation section 3.4), which
/// chance alone hardly ever hits: the power of a voter fails right after its vote was sent; the winner is heard by
/// nobody, so that its term stays open to a second candidate; a request for votes reaches some nodes only.
/// </summary>
internal sealed class ElectionFaults
{
    private const int VoteDropPerMille = 400;
    private const int RestartWithinMs = 100;
    private const int UnheardMs = 3_000;

    private readonly Random _random;
    private readonly SimulatedNetwork _network;
    private readonly IReadOnlyList<SimulatedNode> _nodes;
    private readonly bool _isHeavy;
    private bool _isOver;

    /// <summary>Half of these schedules are full of elections and of faults in them; the others have few.</summary>
    public ElectionFaults(SimulatedWorld world, IReadOnlyList<SimulatedNode> nodes)
    {
        _random = world.Random;
        _network = world.Network;
        _nodes = nodes;
        _isHeavy = _random.Next(2) == 0;
        _network.VoteDropPerMille = _isHeavy ? VoteDropPerMille : 0;
    }

    /// <summary>One step of virtual time: in a heavy schedule leaders do not live long.</summary>
    public void Step()
    {
        Invariant.That(!_isOver, "there are no faults after healing");
        if (!_isHeavy || _random.Next(80) != 0)
        {
            return;
        }

        foreach (SimulatedNode node in _nodes)
        {
            if (node.IsUp && node.Board!.Current.IsLeader)
            {
                node.LosePower();
            }
        }
    }

    /// <summary>From here on elections are left alone.</summary>
    public void End()
    {
        _isOver = true;
        _network.VoteDropPerMille = 0;
    }

    /// <summary>A vote sets out, inside the voter's turn: what happens to the voter comes after it.</summary>
    public void Disturb(int voter, int candidate)
    {
        if (_isOver || _random.Next(_isHeavy ? 2 : 20) != 0)
        {
            return;
        }

        if (_random.Next(2) == 0)
        {
            CutVoiceOf(candidate, isCut: true);
            _network.At(_random.Next(UnheardMs), () => CutVoiceOf(candidate, isCut: false));
        }

        _network.At(_random.Next(RestartWithinMs), () => Restart(_nodes[voter]));
    }

    private void CutVoiceOf(int candidate, bool isCut)
    {
        for (int to = 0; to < _nodes.Count; to++)
        {
            _network.Cut(candidate, to, isCut);
        }
    }

    private void Restart(SimulatedNode voter)
    {
        if (!_isOver && voter.IsUp)
        {
            voter.LosePower();
            voter.Start();
        }
    }
}
