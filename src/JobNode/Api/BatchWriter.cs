using System.Text.Json;
using System.Threading.Channels;
using JobNode.Commands;

namespace JobNode.Api;

/// <summary>Writes a batch's answer while the batch is still being read: NDJSON, or one JSON array.</summary>
internal sealed class BatchWriter(HttpContext context, bool isArray)
{
    private readonly string _node = context.Response.Headers[ApiResponses.NodeHeader].ToString();
    private bool _any;

    /// <summary>Writes until the channel is completed.</summary>
    public async Task WriteAllAsync(ChannelReader<Task<BatchAnswers>> answers)
    {
        context.Response.ContentType = isArray ? "application/json" : "application/x-ndjson";
        await foreach (Task<BatchAnswers> settled in answers.ReadAllAsync(context.RequestAborted))
        {
            BatchAnswers batch = await settled;
            foreach ((JobId id, Problem? problem) in batch.Lines())
            {
                WriteLine(id, problem);
            }

            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }

        if (isArray)
        {
            Write(_any ? "\n]\n"u8 : "[]\n"u8);
        }
    }

    private void WriteLine(JobId id, Problem? problem)
    {
        if (isArray)
        {
            Write(_any ? ",\n"u8 : "[\n"u8);
        }

        _any = true;
        if (problem is null)
        {
            WriteId(id);
        }
        else
        {
            Write(JsonSerializer.SerializeToUtf8Bytes(
                problem.ToResponse(_node), ApiJsonContext.Readable.ProblemResponse));
        }

        if (!isArray)
        {
            Write("\n"u8);
        }
    }

    /// <summary>An <see cref="EnqueueResponse"/>, a thousand times in a batch.</summary>
    private void WriteId(JobId id)
    {
        ReadOnlySpan<byte> before = "{\"id\":\""u8;
        ReadOnlySpan<byte> after = "\"}"u8;
        Span<byte> line = stackalloc byte[before.Length + JobId.TextBytes + after.Length];
        before.CopyTo(line);
        id.WriteText(line[before.Length..]);
        after.CopyTo(line[(before.Length + JobId.TextBytes)..]);
        Write(line);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        // Asks for the size it needs: Kestrel's writer may give an empty span to one who asks for none.
        bytes.CopyTo(context.Response.BodyWriter.GetSpan(bytes.Length));
        context.Response.BodyWriter.Advance(bytes.Length);
    }
}
