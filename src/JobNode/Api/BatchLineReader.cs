using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using JobNode.Commands;

namespace JobNode.Api;

/// <summary>Cuts a body into lines of JSON and absorbs each into a job at once; holds one line at most.</summary>
internal sealed class BatchLineReader(PipeReader body, LimitOptions limits, TimeProvider time)
{
    /// <summary>Longest line, in bytes; a bigger body is what <c>/enqueue</c> is for.</summary>
    public const int LineBytesMax = 16 << 20;

    private readonly ArrayBufferWriter<byte> _line = new();
    private long _lineNumber;
    private bool _ended;

    /// <summary>Why reading stopped before the body's end, or null.</summary>
    public Problem? Fatal { get; private set; }

    /// <summary>
    /// Adds the lines at hand, waiting for the first, up to a command's worth. False when the body is at its end or
    /// broken and nothing was added.
    /// </summary>
    public async Task<bool> ReadAsync(BatchAnswers batch, CancellationToken cancellation)
    {
        try
        {
            while (batch.Count == 0 && !_ended && Fatal is null)
            {
                ReadResult read = await body.ReadAsync(cancellation);
                SequencePosition consumed = Take(read.Buffer, batch);
                bool tookAll = read.Buffer.Slice(consumed).IsEmpty;
                body.AdvanceTo(consumed);
                if (read.IsCompleted && tookAll)
                {
                    _ended = true;
                    EndLine(batch);
                }
            }
        }
        catch (Exception error) when (UploadReader.Explain(error, cancellation) is { } problem)
        {
            Fatal = problem with
            {
                Detail = "The body ended early; lines answered with an id before this are accepted, send the rest "
                    + "again.",
            };
        }

        return batch.Count > 0;
    }

    /// <summary>Takes bytes until the buffer or the command is full; gives the first byte not taken.</summary>
    private SequencePosition Take(ReadOnlySequence<byte> buffer, BatchAnswers batch)
    {
        var bytes = new SequenceReader<byte>(buffer);
        while (!bytes.End && batch.Count < Limits.JobsPerCommandMax && Fatal is null)
        {
            bool isWhole = bytes.TryReadTo(out ReadOnlySequence<byte> piece, (byte)'\n');
            if (!isWhole)
            {
                piece = bytes.UnreadSequence;
                bytes.AdvanceToEnd();
            }

            if (_line.WrittenCount + piece.Length > LineBytesMax)
            {
                Fatal = new(
                    Problems.LineInvalid,
                    $"Line {_lineNumber + 1} is longer than {LineBytesMax} bytes, and nothing after it was read; "
                    + $"send large "
                    + $"bodies alone, {Problems.EnqueueExample}.");
                break;
            }

            foreach (ReadOnlyMemory<byte> segment in piece)
            {
                _line.Write(segment.Span);
            }

            if (isWhole)
            {
                EndLine(batch);
            }
        }

        return bytes.Position;
    }

    private void EndLine(BatchAnswers batch)
    {
        ReadOnlySpan<byte> line = _line.WrittenSpan.Trim(" \t\r"u8);
        if (!line.IsEmpty)
        {
            _lineNumber++;
            if (Parse(line, out NewJob job) is { } problem)
            {
                batch.Add(problem);
            }
            else
            {
                batch.Add(job);
            }
        }

        _line.ResetWrittenCount();
    }

    private Problem? Parse(ReadOnlySpan<byte> json, out NewJob job)
    {
        job = default;
        BatchLine? line;
        try
        {
            line = JsonSerializer.Deserialize(json, ApiJsonContext.Default.BatchLine);
        }
        catch (JsonException error)
        {
            return Invalid($"is not the JSON of a job (at {error.Path ?? "its start"})");
        }

        if (line is null || (line.Data is null) == (line.Text is null))
        {
            return Invalid("needs exactly one of \"data\" and \"text\"");
        }

        if (line.Iterations is not { } iterations)
        {
            return Invalid("has no \"iterations\"");
        }

        if (line.Priority is < 0 or > Limits.PriorityMax)
        {
            return RequestReader.PriorityProblem(line.Priority.ToString()!);
        }

        if (line.IdempotencyKey is { } bad && RequestReader.IsIdempotencyKeyBad(bad))
        {
            return RequestReader.IdempotencyKeyProblem(bad.Length);
        }

        byte[] data = line.Data ?? Encoding.UTF8.GetBytes(line.Text!);
        if (data.Length > limits.BodyBytesMax)
        {
            return Problems.TooLarge(limits.BodyBytesMax);
        }

        job = new NewJob(
            JobId.Create(time.GetUtcNow()),
            UploadReader.Hash(data),
            iterations,
            (byte)(line.Priority ?? 0),
            line.IdempotencyKey is { } key ? RequestReader.MakeKey("enqueue", key) : 0);
        return RequestReader.IterationsInRange(iterations, limits.IterationsMax);
    }

    private Problem Invalid(string why) => new(
        Problems.LineInvalid,
        $"Line {_lineNumber} {why}; send one object per line, for example: {{\"text\":\"hello\",\"iterations\":3}} or "
        + "{\"data\":\"aGVsbG8=\",\"iterations\":3,\"priority\":5,\"idempotencyKey\":\"k1\"}.");
}
