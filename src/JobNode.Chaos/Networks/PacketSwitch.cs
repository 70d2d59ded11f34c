using System.ComponentModel;
using System.Diagnostics;
using JobNode.Chaos.Hosts;

namespace JobNode.Chaos.Networks;

/// <summary>
/// The network between the hosts: takes each packet from its sender's device and hands it to the receiver's, as far as
/// the faults of that direction let it. One thread for each device, one for what is delayed.
/// </summary>
internal sealed class PacketSwitch : IDisposable
{
    private const int PacketBytesMax = 65_536;
    private const int HeaderBytes = 20;
    private const int LastByteOfDestination = 19;
    private const int PollMs = 200;
    private const int DelayedPacketsMax = 50_000;

    private readonly int[] _devices = new int[256];
    private readonly List<Thread> _threads = [];
    private readonly Lock _gate = new();
    private readonly Dictionary<object, Dictionary<Direction, LinkFault>> _active = [];
    private readonly LinkFault?[] _links = new LinkFault?[256 * 256];
    private readonly DelayLine _delayLine;
    private volatile bool _isStopping;
    private long _passed;
    private long _lost;

    /// <summary>A network without hosts.</summary>
    public PacketSwitch()
    {
        Array.Fill(_devices, -1);
        _delayLine = new DelayLine(DelayedPacketsMax, Deliver);
    }

    /// <summary>Packets that were handed over.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>Packets that faults took.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>A host is there: its address ends with this number.</summary>
    public void Attach(byte host, int device)
    {
        Volatile.Write(ref _devices[host], device);
        Thread thread = new(() => Forward(host, device)) { IsBackground = true, Name = $"switch {host}" };
        _threads.Add(thread);
        thread.Start();
    }

    /// <summary>From now on these directions are faulty, on top of all else; by the same owner once only.</summary>
    public void Apply(object owner, IEnumerable<Direction> directions, LinkFault fault)
    {
        lock (_gate)
        {
            Dictionary<Direction, LinkFault> faults = [];
            foreach (Direction direction in directions)
            {
                faults[direction] = fault;
            }

            _active[owner] = faults;
            Recompute();
        }
    }

    /// <summary>Takes back what the owner did.</summary>
    public void Lift(object owner)
    {
        lock (_gate)
        {
            _active.Remove(owner);
            Recompute();
        }
    }

    /// <summary>A perfect network again.</summary>
    public void Heal()
    {
        lock (_gate)
        {
            _active.Clear();
            Recompute();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isStopping = true;
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _delayLine.Dispose();
        foreach (int device in _devices.Where(device => device >= 0))
        {
            Posix.Close(device);
        }
    }

    private void Recompute()
    {
        Array.Clear(_links);
        foreach ((Direction direction, LinkFault fault) in _active.Values.SelectMany(faults => faults))
        {
            ref LinkFault? link = ref _links[(direction.From << 8) | direction.To];
            link = (link ?? LinkFault.None).With(fault);
        }
    }

    private void Forward(byte from, int device)
    {
        byte[] buffer = new byte[PacketBytesMax];
        Random random = new();
        while (!_isStopping)
        {
            int length;
            try
            {
                length = Posix.ReadPacket(device, buffer, PollMs);
            }
            catch (Win32Exception) when (_isStopping)
            {
                return;
            }

            if (length < HeaderBytes || buffer[0] >> 4 != 4)
            {
                // Nothing came, or it is IPv6's neighbour discovery, which nobody here answers.
                continue;
            }

            byte to = buffer[LastByteOfDestination];
            Span<byte> packet = buffer.AsSpan(0, length);
            if (Volatile.Read(ref _links[(from << 8) | to]) is { } fault)
            {
                Mistreat(to, packet, fault, random);
            }
            else
            {
                Deliver(to, packet);
            }
        }
    }

    private void Mistreat(byte to, Span<byte> packet, LinkFault fault, Random random)
    {
        if (fault.IsCut || random.NextDouble() < fault.Loss)
        {
            Interlocked.Increment(ref _lost);
            return;
        }

        if (random.NextDouble() < fault.Reset && ConnectionReset.TryMake(packet, out int shorter))
        {
            packet = packet[..shorter];
        }

        int copies = random.NextDouble() < fault.Duplicate ? 2 : 1;
        for (int copy = 0; copy < copies; copy++)
        {
            int delayMs = fault.DelayMs + (fault.JitterMs > 0 ? random.Next(fault.JitterMs) : 0);
            if (delayMs == 0)
            {
                Deliver(to, packet);
            }
            else if (!_delayLine.TryAdd(to, packet, Stopwatch.GetTimestamp() + (delayMs * Stopwatch.Frequency / 1000)))
            {
                Interlocked.Increment(ref _lost);
            }
        }
    }

    private void Deliver(byte to, ReadOnlySpan<byte> packet)
    {
        int device = Volatile.Read(ref _devices[to]);
        if (device >= 0 && Posix.TryWritePacket(device, packet))
        {
            Interlocked.Increment(ref _passed);
        }
    }
}
