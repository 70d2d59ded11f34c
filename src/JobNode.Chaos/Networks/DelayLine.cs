using System.Buffers;
using System.Diagnostics;

namespace JobNode.Chaos.Networks;

/// <summary>What takes one packet to a host.</summary>
internal delegate void PacketDelivery(byte to, ReadOnlySpan<byte> packet);

/// <summary>Packets that are late: kept until they are due, handed over in the order of that.</summary>
internal sealed class DelayLine : IDisposable
{
    private readonly int _packetsMax;
    private readonly PacketDelivery _deliver;
    private readonly PriorityQueue<(byte To, byte[] Bytes, int Length), long> _waiting = new();
    private readonly object _gate = new();
    private readonly Thread _thread;
    private bool _isStopping;

    /// <summary>Keeps so many packets at most.</summary>
    public DelayLine(int packetsMax, PacketDelivery deliver)
    {
        _packetsMax = packetsMax;
        _deliver = deliver;
        _thread = new Thread(Run) { IsBackground = true, Name = "delayed packets" };
        _thread.Start();
    }

    /// <summary>Keeps a copy until the time; false when there are too many.</summary>
    /// <param name="to">The receiver.</param>
    /// <param name="packet">The bytes.</param>
    /// <param name="due">A timestamp of <see cref="Stopwatch"/>.</param>
    public bool TryAdd(byte to, ReadOnlySpan<byte> packet, long due)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(bytes);
        lock (_gate)
        {
            if (_waiting.Count >= _packetsMax)
            {
                ArrayPool<byte>.Shared.Return(bytes);
                return false;
            }

            bool isFirst = !_waiting.TryPeek(out _, out long first) || due < first;
            _waiting.Enqueue((to, bytes, packet.Length), due);
            if (isFirst)
            {
                Monitor.Pulse(_gate);
            }

            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            (byte To, byte[] Bytes, int Length) packet;
            lock (_gate)
            {
                while (true)
                {
                    if (_isStopping)
                    {
                        return;
                    }

                    if (!_waiting.TryPeek(out packet, out long due))
                    {
                        Monitor.Wait(_gate);
                        continue;
                    }

                    long wait = due - Stopwatch.GetTimestamp();
                    if (wait <= 0)
                    {
                        _waiting.Dequeue();
                        break;
                    }

                    Monitor.Wait(_gate, (int)Math.Max(1, wait * 1000 / Stopwatch.Frequency));
                }
            }

            _deliver(packet.To, packet.Bytes.AsSpan(0, packet.Length));
            ArrayPool<byte>.Shared.Return(packet.Bytes);
        }
    }
}
