using JobNode.Commands;

namespace JobNode.Simulation;

/// <summary>
/// The leader's way into the log for what workers found out. What went in may come again, later and out of order, as
/// from a worker that showed it to two leaders: the state must take all of it, in any order.
/// </summary>
internal sealed class EchoingProposer(ICommandProposer inner, SimulatedWorld world, NodeLife life) : ICommandProposer
{
    private const int EchoMsMax = 2_000;

    /// <inheritdoc/>
    public Task<Proposed> ProposeAsync(Command command, CancellationToken cancellation)
    {
        int perMillion = world.Settings.Faults.PerMillion(FaultKind.Echoes);
        if (perMillion > 0 && world.Random.Next(1_000_000) < 5 * perMillion)
        {
            world.Network.At(world.Random.Next(EchoMsMax), () => Repeat(command));
        }

        return inner.ProposeAsync(command, cancellation);
    }

    private void Repeat(Command command)
    {
        if (life.IsAlive && !life.IsStalled)
        {
            world.Counts.Echoes++;
            _ = inner.ProposeAsync(command, CancellationToken.None);
        }
    }
}
