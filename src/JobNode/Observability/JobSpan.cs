namespace JobNode.Observability;

/// <summary>One step of a job's way, as OpenTelemetry has it.</summary>
/// <param name="TraceId">The trace: the 128 bits of the job's id.</param>
/// <param name="SpanId">This step; never 0.</param>
/// <param name="ParentId">What it is part of; 0 for the first.</param>
/// <param name="Name">enqueue, commit, work, complete or pull.</param>
/// <param name="Kind">As OpenTelemetry numbers it.</param>
/// <param name="Start">Its begin.</param>
/// <param name="End">Its end.</param>
/// <param name="Attributes">What there is to say of it.</param>
internal sealed record JobSpan(
    UInt128 TraceId,
    ulong SpanId,
    ulong ParentId,
    string Name,
    SpanKind Kind,
    DateTimeOffset Start,
    DateTimeOffset End,
    IReadOnlyList<SpanAttribute> Attributes)
{
    /// <summary>The client's own span, where it sent one.</summary>
    public SpanLink? Link { get; init; }
}

/// <summary>OpenTelemetry's numbers.</summary>
internal enum SpanKind
{
    /// <summary>Inside a node.</summary>
    Internal = 1,

    /// <summary>An answered request.</summary>
    Server = 2,
}

/// <summary>A fact about a span: a text, or a number when the text is null.</summary>
internal readonly record struct SpanAttribute(string Key, string? Text, ulong Number)
{
    /// <summary>A text.</summary>
    public static SpanAttribute Of(string key, string text) => new(key, text, 0);

    /// <summary>A number.</summary>
    public static SpanAttribute Of(string key, ulong number) => new(key, null, number);
}

/// <summary>A span of another trace that caused this one.</summary>
internal readonly record struct SpanLink(UInt128 TraceId, ulong SpanId)
{
    private const int Length = 55;

    /// <summary>
    /// Reads a <c>traceparent</c> (W3C Trace Context): <c>00-</c>, 32 hex digits, 16, 2. Null when it is none.
    /// </summary>
    public static SpanLink? Parse(string? header)
    {
        bool isWhole = header is { Length: >= Length } && header[2] == '-' && header[35] == '-' && header[52] == '-'
            && header[..2] != "ff" && (header.Length == Length || header[..2] != "00");
        return isWhole
            && UInt128.TryParse(header.AsSpan(3, 32), HexStyle, Invariant, out UInt128 trace)
            && ulong.TryParse(header.AsSpan(36, 16), HexStyle, Invariant, out ulong span)
            && trace != 0
            && span != 0
            ? new SpanLink(trace, span)
            : null;
    }

    private const System.Globalization.NumberStyles HexStyle = System.Globalization.NumberStyles.AllowHexSpecifier;

    private static readonly IFormatProvider Invariant = System.Globalization.CultureInfo.InvariantCulture;
}
