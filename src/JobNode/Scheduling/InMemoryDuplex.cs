using System.IO.Pipelines;
using JobNode.Transport;

namespace JobNode.Scheduling;

/// <summary>
/// A work stream within one process: when the leader is this node, its worker speaks the same protocol over two pipes.
/// </summary>
internal static class InMemoryDuplex
{
    /// <summary>Two ends of one connection.</summary>
    public static (DuplexStream Here, DuplexStream There) CreatePair()
    {
        var toThere = new Pipe();
        var toHere = new Pipe();
        return (
            new DuplexStream(toHere.Reader.AsStream(), toThere.Writer.AsStream()),
            new DuplexStream(toThere.Reader.AsStream(), toHere.Writer.AsStream()));
    }
}
