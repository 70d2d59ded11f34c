using System.Text;
using JobNode.Commands;

namespace JobNode.Transport;

/// <summary>
/// Frames of /api. Call: elapsed ms:8, method length:1, method, target to the end. Answer: status:2, retry after
/// seconds:4, content type length:1, content type, body to the end. Numbers are little-endian, text is UTF-8.
/// </summary>
internal static class CallProtocol
{
    private const int CallHeadBytes = sizeof(ulong) + 1;
    private const int AnswerHeadBytes = sizeof(ushort) + sizeof(uint) + 1;

    /// <summary>Encodes a call.</summary>
    public static byte[] EncodeCall(PassedCall call)
    {
        byte[] method = Encoding.UTF8.GetBytes(call.Method);
        byte[] target = Encoding.UTF8.GetBytes(call.Target);
        byte[] frame = new byte[CallHeadBytes + method.Length + target.Length];
        var writer = new WireWriter(frame);
        writer.Write((ulong)call.Elapsed.TotalMilliseconds);
        writer.Write((byte)method.Length);
        writer.Write(method);
        writer.Write(target);
        return frame;
    }

    /// <summary>Reads a call.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static PassedCall DecodeCall(ReadOnlySpan<byte> frame)
    {
        var reader = new WireReader(frame, "passed call");
        ulong elapsedMs = reader.ReadUInt64("elapsed");
        reader.Require(elapsedMs <= int.MaxValue, "elapsed", $"is {elapsedMs} ms");
        ReadOnlySpan<byte> method = reader.Take(reader.ReadByte("method length"), "method");
        reader.Require(Ascii.IsValid(method), "method", $"is not ASCII");
        string target = Encoding.UTF8.GetString(reader.Take(reader.Remaining, "target"));
        reader.Require(target.StartsWith('/'), "target", $"is no path");
        return new PassedCall(Encoding.ASCII.GetString(method), target, TimeSpan.FromMilliseconds(elapsedMs));
    }

    /// <summary>Encodes an answer.</summary>
    public static byte[] EncodeAnswer(PassedAnswer answer)
    {
        byte[] type = Encoding.UTF8.GetBytes(answer.ContentType);
        byte[] frame = new byte[AnswerHeadBytes + type.Length + answer.Body.Length];
        var writer = new WireWriter(frame);
        writer.Write((ushort)answer.Status);
        writer.Write((uint)answer.RetryAfterSeconds);
        writer.Write((byte)type.Length);
        writer.Write(type);
        writer.Write(answer.Body.Span);
        return frame;
    }

    /// <summary>Reads an answer.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static PassedAnswer DecodeAnswer(ReadOnlySpan<byte> frame)
    {
        var reader = new WireReader(frame, "passed answer");
        ushort status = reader.ReadUInt16("status");
        reader.Require(status is >= 200 and <= 599, "status", $"is {status}");
        uint retryAfter = reader.ReadUInt32("retry after");
        reader.Require(retryAfter <= int.MaxValue, "retry after", $"is {retryAfter}");
        ReadOnlySpan<byte> type = reader.Take(reader.ReadByte("content type length"), "content type");
        reader.Require(Ascii.IsValid(type), "content type", $"is not ASCII");
        return new PassedAnswer(
            status, Encoding.ASCII.GetString(type), (int)retryAfter, reader.Take(reader.Remaining, "body").ToArray());
    }
}
