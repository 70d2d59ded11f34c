using System.Buffers;
using System.IO.Pipelines;
using JobNode.Commands;
using JobNode.Hashing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace JobNode.Api;

/// <summary>
/// Turns an upload of any size into the 64 bytes that the cluster keeps, while it streams in: nothing of the body is
/// held beyond one buffer.
/// </summary>
internal static class UploadReader
{
    private const int BufferBytes = 64 << 10;
    private const int BoundaryCharactersMax = 200;

    /// <summary>
    /// True for a form; everything else is a raw body, also what <c>curl --data-binary</c> calls a form.
    /// </summary>
    public static bool IsForm(HttpRequest request) =>
        request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The digest of the whole body, or of the form's first part named <c>data</c> or <c>file</c>.</summary>
    public static async Task<Upload> ReadAsync(HttpRequest request, long bytesMax, CancellationToken cancellation)
    {
        try
        {
            return IsForm(request)
                ? await ReadFormAsync(request, bytesMax, cancellation)
                : new Upload(await HashAsync(request.BodyReader, bytesMax, cancellation), null);
        }
        catch (Exception error) when (Explain(error, cancellation) is { } problem)
        {
            return new Upload(default, problem);
        }
    }

    /// <summary>Opens the form's parts; the problem says what is wrong with its boundary.</summary>
    public static MultipartReader? OpenForm(HttpRequest request, out Problem? problem)
    {
        problem = null;
        string? boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            ? HeaderUtilities.RemoveQuotes(type.Boundary).Value
            : null;
        if (string.IsNullOrEmpty(boundary) || boundary.Length > BoundaryCharactersMax)
        {
            problem = new(
                Problems.MultipartMalformed,
                "The Content-Type says multipart/form-data without a usable boundary; let the client make the form, "
                + $"{Problems.EnqueueExample}.");
            return null;
        }

        return new MultipartReader(boundary, request.Body, BufferBytes);
    }

    /// <summary>
    /// What a body that says how long it is, and is too long, is told before it is read; a form has more bytes than
    /// what is in it, so only what comes is counted there.
    /// </summary>
    public static Problem? CheckLength(HttpRequest request, long bytesMax) =>
        !IsForm(request) && request.ContentLength > bytesMax ? Problems.TooLarge(bytesMax) : null;

    /// <summary>The digest of one part.</summary>
    /// <exception cref="BodyTooLargeException">It has more bytes than that.</exception>
    public static async Task<Digest512> HashAsync(Stream part, long bytesMax, CancellationToken cancellation)
    {
        var hasher = new BodyHasher();
        long bytes = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int got;
            while ((got = await part.ReadAsync(buffer, cancellation)) > 0)
            {
                BodyTooLargeException.ThrowIfOver(bytes += got, bytesMax);
                hasher.Append(buffer.AsSpan(0, got));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Finish(hasher);
    }

    /// <summary>The digest of bytes at hand.</summary>
    public static Digest512 Hash(ReadOnlySpan<byte> bytes)
    {
        var hasher = new BodyHasher();
        hasher.Append(bytes);
        return Finish(hasher);
    }

    /// <summary>
    /// What a failure to read an upload means; null when the failure is something else or the client is gone.
    /// </summary>
    public static Problem? Explain(Exception error, CancellationToken cancellation) => error switch
    {
        _ when cancellation.IsCancellationRequested => null,
        BodyTooLargeException tooLarge => Problems.TooLarge(tooLarge.BytesMax),
        BadHttpRequestException => new(
            Problems.BodyTruncated,
            $"The body ended early or is not framed as its headers say ({error.Message.TrimEnd('.')}), so nothing was "
            + $"enqueued; send it again, {Problems.EnqueueExample}."),
        InvalidDataException => new(
            Problems.MultipartMalformed,
            $"The form cannot be read ({error.Message.TrimEnd('.')}); let the client make it, "
            + $"{Problems.EnqueueExample}."),
        IOException => new(
            Problems.BodyTruncated,
            "The form ended before its closing boundary, so nothing was enqueued; send it again, "
            + $"{Problems.EnqueueExample}."),
        _ => null,
    };

    private static async Task<Upload> ReadFormAsync(
        HttpRequest request, long bytesMax, CancellationToken cancellation)
    {
        MultipartReader? form = OpenForm(request, out Problem? problem);
        Digest512? digest = null;
        while (problem is null && await form!.ReadNextSectionAsync(cancellation) is { } part)
        {
            // Later parts are read to the end too: only the closing boundary proves that the upload is whole.
            if (digest is null && NameOf(part) is ("data" or "file"))
            {
                digest = await HashAsync(part.Body, bytesMax, cancellation);
            }
        }

        problem ??= digest is null
            ? new(
                Problems.BodyFieldMissing,
                $"The form has no field named \"data\" or \"file\"; put the job's bytes there, "
                + $"{Problems.EnqueueExample}.")
            : null;
        return new Upload(digest ?? default, problem);
    }

    private static string? NameOf(MultipartSection part) =>
        ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out ContentDispositionHeaderValue? header)
            ? HeaderUtilities.RemoveQuotes(header.Name).Value
            : null;

    private static async Task<Digest512> HashAsync(PipeReader body, long bytesMax, CancellationToken cancellation)
    {
        var hasher = new BodyHasher();
        long bytes = 0;
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellation);
            bytes += read.Buffer.Length;
            if (bytes > bytesMax)
            {
                body.AdvanceTo(read.Buffer.End);
                throw new BodyTooLargeException(bytesMax);
            }

            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                hasher.Append(segment.Span);
            }

            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return Finish(hasher);
            }
        }
    }

    private static Digest512 Finish(BodyHasher hasher)
    {
        Digest512 digest = default;
        hasher.Finish(digest.Bytes);
        return digest;
    }
}

/// <summary>An absorbed upload, or why there is none.</summary>
/// <param name="Digest">SHA-512 of the body.</param>
/// <param name="Problem">Null when the body was read to its end.</param>
internal readonly record struct Upload(Digest512 Digest, Problem? Problem);

/// <summary>An upload has more bytes than allowed.</summary>
/// <param name="bytesMax">How many are.</param>
internal sealed class BodyTooLargeException(long bytesMax) : IOException($"more than {bytesMax} bytes")
{
    /// <summary>How many bytes are allowed.</summary>
    public long BytesMax => bytesMax;

    /// <summary>Counts.</summary>
    public static void ThrowIfOver(long bytes, long bytesMax)
    {
        if (bytes > bytesMax)
        {
            throw new BodyTooLargeException(bytesMax);
        }
    }
}
