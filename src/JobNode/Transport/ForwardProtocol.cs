using System.Buffers;
using System.Buffers.Binary;
using JobNode.Commands;

namespace JobNode.Transport;

/// <summary>
/// Frames of /forward. Question: correlation id:8, command. Answer: correlation id:8, log index:8, result. All
/// little-endian; commands and results carry their own version, the stream's is <see cref="PeerProtocol.Version"/>.
/// </summary>
internal static class ForwardProtocol
{
    /// <summary>Commands of one stream that may be unanswered, on either side.</summary>
    public const int InFlightMax = 4096;

    private const int QuestionHeaderBytes = sizeof(ulong);
    private const int AnswerHeaderBytes = 2 * sizeof(ulong);

    /// <summary>Encodes a question.</summary>
    public static ReadOnlyMemory<byte> EncodeQuestion(ulong correlation, Command command)
    {
        var bytes = new ArrayBufferWriter<byte>(QuestionHeaderBytes + CommandCodec.SizeBytes(command));
        WriteUInt64(bytes, correlation);
        CommandCodec.Encode(command, bytes);
        return bytes.WrittenMemory;
    }

    /// <summary>Reads a question.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static (ulong Correlation, Command Command) DecodeQuestion(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < QuestionHeaderBytes)
        {
            throw new InvalidDataException($"{frame.Length} bytes are too few for a forwarded command");
        }

        return (BinaryPrimitives.ReadUInt64LittleEndian(frame), CommandCodec.Decode(frame[QuestionHeaderBytes..]));
    }

    /// <summary>Encodes an answer.</summary>
    public static ReadOnlyMemory<byte> EncodeAnswer(ulong correlation, Proposed answer)
    {
        var bytes = new ArrayBufferWriter<byte>();
        WriteUInt64(bytes, correlation);
        WriteUInt64(bytes, answer.LogIndex);
        CommandCodec.EncodeResult(answer.Result, bytes);
        return bytes.WrittenMemory;
    }

    /// <summary>Reads an answer.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static (ulong Correlation, Proposed Answer) DecodeAnswer(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < AnswerHeaderBytes)
        {
            throw new InvalidDataException($"{frame.Length} bytes are too few for an answer");
        }

        ulong correlation = BinaryPrimitives.ReadUInt64LittleEndian(frame);
        ulong index = BinaryPrimitives.ReadUInt64LittleEndian(frame[sizeof(ulong)..]);
        return (correlation, new Proposed(CommandCodec.DecodeResult(frame[AnswerHeaderBytes..]), index));
    }

    private static void WriteUInt64(ArrayBufferWriter<byte> bytes, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.GetSpan(sizeof(ulong)), value);
        bytes.Advance(sizeof(ulong));
    }
}
