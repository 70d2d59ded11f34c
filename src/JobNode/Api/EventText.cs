using System.Buffers;
using System.Text;
using System.Text.Json;
using JobNode.Observability;

namespace JobNode.Api;

/// <summary>The messages of <c>GET /events</c>, as server-sent events (WHATWG HTML section 9.2).</summary>
internal static class EventText
{
    /// <summary>Sent first: a browser's EventSource comes back after two seconds.</summary>
    public static byte[] Opening { get; } = "retry: 2000\n\n"u8.ToArray();

    /// <summary>A comment: the node looked, and its status is as before.</summary>
    public static byte[] NoNews { get; } = ": as before\n\n"u8.ToArray();

    /// <summary>The node stops in order.</summary>
    public static byte[] Farewell { get; } = "event: farewell\ndata: {}\n\n"u8.ToArray();

    /// <summary>What <c>GET /status</c> answers.</summary>
    public static byte[] Status(ReadOnlySpan<byte> json) => Message("status", json);

    /// <summary>Samples in columns, and the node's own time, by which they are to be read.</summary>
    public static byte[] History(ReadOnlySpan<ClusterSample> samples, long nowMs)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("now", nowMs);
            json.WriteNumber("everyMs", ClusterHistory.EveryMs);
            Column(json, "at", samples, static sample => sample.AtMs);
            Column(json, "rate", samples, static sample => sample.Rate);
            Column(json, "capacity", samples, static sample => sample.Capacity);
            Column(json, "pending", samples, static sample => sample.Pending);
            Column(json, "running", samples, static sample => sample.Running);
            Column(json, "completed", samples, static sample => sample.Completed);
            json.WriteEndObject();
        }

        return Message("history", buffer.WrittenSpan);
    }

    /// <summary>Events, oldest first.</summary>
    public static byte[] Log(IReadOnlyList<ClusterEvent> events)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (ClusterEvent happened in events)
            {
                json.WriteStartObject();
                json.WriteNumber("at", happened.AtMs);
                json.WriteString("kind", happened.Kind);
                json.WriteString("text", happened.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Message("log", buffer.WrittenSpan);
    }

    private static void Column(
        Utf8JsonWriter json, string name, ReadOnlySpan<ClusterSample> samples, Func<ClusterSample, double?> value)
    {
        json.WriteStartArray(name);
        foreach (ClusterSample sample in samples)
        {
            if (value(sample) is { } number)
            {
                json.WriteNumberValue(number);
            }
            else
            {
                json.WriteNullValue();
            }
        }

        json.WriteEndArray();
    }

    /// <summary>JSON as it is written here has no line breaks of its own.</summary>
    private static byte[] Message(string name, ReadOnlySpan<byte> json) =>
        [.. Encoding.ASCII.GetBytes($"event: {name}\ndata: "), .. json, .. "\n\n"u8];
}
