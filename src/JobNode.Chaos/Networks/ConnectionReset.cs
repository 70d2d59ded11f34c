using System.Buffers.Binary;

namespace JobNode.Chaos.Networks;

/// <summary>
/// Makes a TCP segment with data (RFC 9293) into a reset of its connection: the receiver sees an answer that breaks
/// off.
/// </summary>
internal static class ConnectionReset
{
    private const int TcpProtocol = 6;
    private const int TcpHeaderBytes = 20;
    private const byte ResetFlag = 0x04;
    private const byte SynchronizeFlag = 0x02;

    /// <summary>Changes an IPv4 packet in place; false when it carries no data of a TCP connection.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="length">Its length afterwards.</param>
    public static bool TryMake(Span<byte> packet, out int length)
    {
        length = packet.Length;
        int ipBytes = (packet[0] & 0x0f) * 4;
        if (packet[9] != TcpProtocol || packet.Length < ipBytes + TcpHeaderBytes)
        {
            return false;
        }

        Span<byte> tcp = packet[ipBytes..];
        int tcpBytes = (tcp[12] >> 4) * 4;
        if (tcp.Length <= tcpBytes || (tcp[13] & SynchronizeFlag) != 0)
        {
            return false;
        }

        length = ipBytes + TcpHeaderBytes;
        tcp = tcp[..TcpHeaderBytes];
        tcp[12] = (TcpHeaderBytes / 4) << 4;
        tcp[13] |= ResetFlag;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)length);
        packet[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Fold(Sum(packet[..ipBytes])));
        tcp[16..18].Clear();
        uint pseudoHeader = Sum(packet[12..20]) + TcpProtocol + TcpHeaderBytes;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Fold(pseudoHeader + Sum(tcp)));
        return true;
    }

    private static uint Sum(ReadOnlySpan<byte> words)
    {
        uint sum = 0;
        for (int i = 0; i + 1 < words.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(words[i..]);
        }

        return sum;
    }

    /// <summary>The Internet checksum (RFC 1071) of a sum of 16-bit words.</summary>
    private static ushort Fold(uint sum)
    {
        while (sum > ushort.MaxValue)
        {
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
