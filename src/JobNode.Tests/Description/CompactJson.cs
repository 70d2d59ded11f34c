using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JobNode.Tests.Description;

/// <summary>Writes JSON so that the file is small and a difference easy to read: what fits is one line.</summary>
internal static class CompactJson
{
    private const int ColumnsMax = 120;

    private static readonly JsonSerializerOptions Plain = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The whole text, with a line feed at its end.</summary>
    public static string Write(JsonNode node)
    {
        var text = new StringBuilder();
        Write(text, node, indent: 0, before: 0);
        return text.Append('\n').ToString();
    }

    private static void Write(StringBuilder text, JsonNode? node, int indent, int before)
    {
        string flat = node is null ? "null" : node.ToJsonString(Plain);
        bool isLeaf = node is not JsonObject and not JsonArray;
        if (isLeaf || indent + before + flat.Length < ColumnsMax)
        {
            text.Append(flat);
            return;
        }

        (char open, char close) = node is JsonObject ? ('{', '}') : ('[', ']');
        IEnumerable<(string Name, JsonNode? Value)> items = node is JsonObject members
            ? members.Select(member => ($"{JsonSerializer.Serialize(member.Key, Plain)}: ", member.Value))
            : node!.AsArray().Select(item => ("", item));
        text.Append(open);
        string separator = "\n";
        foreach ((string name, JsonNode? value) in items)
        {
            text.Append(separator).Append(' ', indent + 2).Append(name);
            Write(text, value, indent + 2, name.Length);
            separator = ",\n";
        }

        text.Append('\n').Append(' ', indent).Append(close);
    }
}
