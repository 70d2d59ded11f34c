using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Simulation;

/// <content>Its work, and the streams to the leader's.</content>
internal sealed partial class SimulatedNode
{
    private const int OpenTimeoutMs = 3_000;

    /// <summary>Finds the node that answers at an address now.</summary>
    public Func<string, SimulatedNode?> FindAt { get; init; } = static _ => null;

    private Task<DuplexStream> Connect(ConsensusStatus status)
    {
        var opened = new TaskCompletionSource<DuplexStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        SimulatedNode? to = status.LeaderAddress is { } address ? FindAt(address) : null;
        if (Life is not { } life || to is null
            || _network.IsCut(_index, to._index) || _network.IsCut(to._index, _index))
        {
            _network.At(OpenTimeoutMs, () => opened.TrySetException(new IOException("no answer")));
            return opened.Task;
        }

        _network.At(2 * _network.Delay(), () =>
        {
            if (to.Life is not { } other || to.IsStalled || !life.IsAlive)
            {
                opened.TrySetException(new IOException("refused"));
                return;
            }

            _counts.StreamsOpened++;
            (DuplexStream near, DuplexStream far) = SimulatedConnection.Open(_network, _random, life, other);
            to.Work!.Accept(Id, far);
            opened.TrySetResult(near);
        });
        return opened.Task;
    }
}
