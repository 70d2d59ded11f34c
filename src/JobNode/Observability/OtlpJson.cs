using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace JobNode.Observability;

/// <summary>
/// What every OTLP request is made of, in the protocol's JSON form: field names in camel case, ids as hex digits,
/// 64-bit numbers as text (opentelemetry.io/docs/specs/otlp, JSON Protobuf Encoding).
/// </summary>
internal static class OtlpJson
{
    private const string ScopeName = "jobnode";

    /// <summary>The body of <c>/v1/traces</c>.</summary>
    public static byte[] Traces(IReadOnlyList<(string Key, string Value)> resource, IReadOnlyList<JobSpan> spans) =>
        Whole(resource, "resourceSpans", "scopeSpans", json =>
        {
            json.WriteStartArray("spans");
            foreach (JobSpan span in spans)
            {
                Write(json, span);
            }

            json.WriteEndArray();
        });

    /// <summary>Resource and scope around what one node has to say.</summary>
    public static byte[] Whole(
        IReadOnlyList<(string Key, string Value)> resource, string outer, string inner, Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray(outer);
            json.WriteStartObject();
            json.WriteStartObject("resource");
            json.WriteStartArray("attributes");
            foreach ((string key, string value) in resource)
            {
                Attribute(json, SpanAttribute.Of(key, value));
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray(inner);
            json.WriteStartObject();
            json.WriteStartObject("scope");
            json.WriteString("name", ScopeName);
            json.WriteString("version", ProgramVersion.Text);
            json.WriteEndObject();
            content(json);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A key and its value, as one element of <c>attributes</c>.</summary>
    public static void Attribute(Utf8JsonWriter json, SpanAttribute attribute)
    {
        json.WriteStartObject();
        json.WriteString("key", attribute.Key);
        json.WriteStartObject("value");
        if (attribute.Text is { } text)
        {
            json.WriteString("stringValue", text);
        }
        else
        {
            json.WriteString("intValue", Text(Math.Min(attribute.Number, long.MaxValue)));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A time as the protocol has it: nanoseconds since 1970, as text.</summary>
    public static string Nanoseconds(DateTimeOffset time) =>
        Text((ulong)Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks) * TimeSpan.NanosecondsPerTick);

    /// <summary>A 64-bit number as the protocol has it.</summary>
    public static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Write(Utf8JsonWriter json, JobSpan span)
    {
        json.WriteStartObject();
        json.WriteString("traceId", span.TraceId.ToString("x32"));
        json.WriteString("spanId", span.SpanId.ToString("x16"));
        if (span.ParentId != 0)
        {
            json.WriteString("parentSpanId", span.ParentId.ToString("x16"));
        }

        json.WriteString("name", span.Name);
        json.WriteNumber("kind", (int)span.Kind);
        json.WriteString("startTimeUnixNano", Nanoseconds(span.Start));
        json.WriteString("endTimeUnixNano", Nanoseconds(span.End > span.Start ? span.End : span.Start));
        json.WriteStartArray("attributes");
        foreach (SpanAttribute attribute in span.Attributes)
        {
            Attribute(json, attribute);
        }

        json.WriteEndArray();
        if (span.Link is { } link)
        {
            json.WriteStartArray("links");
            json.WriteStartObject();
            json.WriteString("traceId", link.TraceId.ToString("x32"));
            json.WriteString("spanId", link.SpanId.ToString("x16"));
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
