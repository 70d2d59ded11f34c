using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JobNode.Tests.Tidy;

/// <summary>
/// Log messages live in Observability/LogMessages.Area.cs; their event ids are unique and within their area's range.
/// </summary>
internal static class LogEventRules
{
    private const string Home = "src/JobNode/Observability/LogMessages.";

    /// <summary>First id and the one past the last, by area.</summary>
    private static readonly Dictionary<string, (int From, int To)> Ranges = new()
    {
        ["Consensus"] = (1000, 2000),
        ["Transport"] = (2000, 2500),
        ["Membership"] = (2500, 3000),
        ["Scheduling"] = (3000, 4000),
        ["Api"] = (4000, 5000),
        ["Security"] = (5000, 6000),
        ["Host"] = (6000, 7000),
    };

    /// <summary>What is wrong with the log messages of all files together, one sentence each.</summary>
    public static IEnumerable<string> Violations(IReadOnlyList<SourceFile> files)
    {
        Dictionary<int, string> seen = [];
        foreach (SourceFile file in files.Where(file => file.IsProduct))
        {
            foreach (AttributeSyntax message in LogMessagesOf(file))
            {
                string place = file.Place(message);
                if (EventId(message) is not { } id)
                {
                    yield return $"{place}: a log message without an event id written as a number";
                    continue;
                }

                if (!seen.TryAdd(id, place))
                {
                    yield return $"{place}: event id {id} is taken by {seen[id]}";
                }

                foreach (string violation in OutOfPlace(file, place, id))
                {
                    yield return violation;
                }
            }
        }
    }

    private static IEnumerable<string> OutOfPlace(SourceFile file, string place, int id)
    {
        if (!file.Path.StartsWith(Home, StringComparison.Ordinal))
        {
            return [$"{place}: log messages belong into {Home}<Area>.cs"];
        }

        string area = file.Path[Home.Length..^".cs".Length];
        if (!Ranges.TryGetValue(area, out (int From, int To) range))
        {
            return [$"{place}: {area} is not an area with a range of event ids"];
        }

        return id >= range.From && id < range.To
            ? []
            : [$"{place}: event id {id} is not within {range.From} to {range.To - 1}, the range of {area}"];
    }

    private static IEnumerable<AttributeSyntax> LogMessagesOf(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<AttributeSyntax>()
            .Where(attribute => attribute.Name.ToString() is "LoggerMessage" or "LoggerMessageAttribute");

    /// <summary>The first positional argument or the one named EventId, when it is a number.</summary>
    private static int? EventId(AttributeSyntax attribute)
    {
        AttributeArgumentSyntax? argument = attribute.ArgumentList?.Arguments.FirstOrDefault(candidate =>
            (candidate.NameEquals?.Name.Identifier.Text ?? candidate.NameColon?.Name.Identifier.Text)
                is "EventId" or "eventId")
            ?? attribute.ArgumentList?.Arguments.FirstOrDefault(candidate =>
                candidate.NameEquals is null && candidate.NameColon is null);
        return argument?.Expression is LiteralExpressionSyntax literal
            && literal.IsKind(SyntaxKind.NumericLiteralExpression)
            ? literal.Token.Value as int?
            : null;
    }
}
