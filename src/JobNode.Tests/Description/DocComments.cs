using System.Text.Json;
using System.Xml.Linq;
using JobNode.Api;

namespace JobNode.Tests.Description;

/// <summary>The docstrings of the product, from the documentation file of its build.</summary>
internal static class DocComments
{
    private static readonly Lazy<Dictionary<string, XElement>> Members = new(() => XDocument
        .Load(Path.ChangeExtension(typeof(ApiServer).Assembly.Location, ".xml"))
        .Descendants("member")
        .ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal));

    /// <summary>The summary of a type.</summary>
    public static string Of(Type type) => Summary($"T:{type.FullName}");

    /// <summary>The summary of a property, which may be written as a parameter of its record.</summary>
    public static string Of(Type type, string property) => Summary($"P:{type.FullName}.{property}");

    private static string Summary(string member) =>
        Members.Value.TryGetValue(member, out XElement? found) && found.Element("summary") is { } summary
            ? string.Join(' ', string.Concat(summary.Nodes().Select(Text)).Split(
                (char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            : throw new KeyNotFoundException($"{member} has no docstring, and the API's description needs one");

    /// <summary>References to properties are read as the fields that they are in JSON.</summary>
    private static string Text(XNode node) => node is not XElement element
        ? ((XText)node).Value
        : (element.Attribute("cref") ?? element.Attribute("name")) is { } reference
            ? JsonNamingPolicy.CamelCase.ConvertName(reference.Value.Split('.', ':')[^1])
            : element.Value;
}
