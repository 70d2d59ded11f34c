using System.CommandLine;
using System.Globalization;
using System.Numerics;
using JobNode.Commands;

namespace JobNode.Cli;

/// <summary>Makes options whose errors say what to write instead.</summary>
internal static class CliOptions
{
    /// <summary>Where the API of a node is, when nothing is said.</summary>
    public const string NodeDefault = "http://127.0.0.1:5000";

    private const string SecureNodeDefault = "https://127.0.0.1:5000";

    /// <summary>A text option.</summary>
    public static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description };

    /// <summary>A yes or no option.</summary>
    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>A whole number within bounds.</summary>
    public static Option<T?> Number<T>(string name, string description, T min, T max)
        where T : struct, INumber<T>, IMinMaxValue<T> => new(name)
        {
            HelpName = "N",
            Description = description,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out T value)
                    && value >= min
                    && value <= max)
                {
                    return value;
                }

                string upTo = max == T.MaxValue ? "" : $" to {max}";
                result.AddError($"{name} is \"{text}\"; write a whole number from {min}{upTo}.");
                return null;
            },
        };

    /// <summary>A number of seconds that may be left out: 2 then.</summary>
    public static Option<int?> Seconds(string name, string description) => new(name)
    {
        HelpName = "SECONDS",
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result =>
        {
            const int Otherwise = 2;
            const int Max = 86_400;
            if (result.Tokens.Count == 0)
            {
                return Otherwise;
            }

            string text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                && value is >= 1 and <= Max)
            {
                return value;
            }

            result.AddError($"{name} is \"{text}\"; write whole seconds from 1 to {Max}, or nothing for {Otherwise}.");
            return null;
        },
    };

    /// <summary>HOST:PORT; without a default port one must be written.</summary>
    public static Option<HostPort?> Address(string name, int? defaultPort, string description) => new(name)
    {
        HelpName = defaultPort is null ? "HOST:PORT" : $"HOST[:{defaultPort}]",
        Description = description,
        CustomParser = result =>
        {
            if (HostPort.TryParse(result.Tokens[0].Value, defaultPort, out HostPort place, out string? error))
            {
                return place;
            }

            result.AddError($"{name}: {error}.");
            return null;
        },
    };

    /// <summary>The node to talk to: HOST:PORT or a URL.</summary>
    public static Option<string?> Node()
    {
        Option<string?> option = Text("--node", "URL", $"API of any node: HOST:PORT or URL (default {NodeDefault}).");
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !TryParseNode(result.Tokens[0].Value, out _))
            {
                result.AddError(
                    $"--node is \"{result.Tokens[0].Value}\"; write HOST:PORT or a URL, for example {NodeDefault}.");
            }
        });
        return option;
    }

    /// <summary>The nodes to talk to: each HOST:PORT or a URL.</summary>
    public static Option<string?> Nodes()
    {
        Option<string?> option = Text(
            "--node", "A,B,C", $"API of some nodes: HOST:PORT or URL, with commas between (default {NodeDefault}).");
        option.Validators.Add(result =>
        {
            foreach (string node in result.Tokens.SelectMany(token => token.Value.Split(',')))
            {
                if (!TryParseNode(node, out _))
                {
                    result.AddError($"--node has \"{node}\"; write HOST:PORT or a URL, for example {NodeDefault}.");
                }
            }
        });
        return option;
    }

    /// <summary>The base address that a <c>--node</c> names.</summary>
    public static bool TryParseNode(string text, out Uri node)
    {
        string url = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        bool ok = Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed)
            && parsed.Scheme is "http" or "https"
            && parsed!.Host.Length > 0;
        node = ok ? new Uri(parsed!.GetLeftPart(UriPartial.Authority)) : new Uri(NodeDefault);
        return ok;
    }

    /// <summary>A client of the node that the command line names.</summary>
    /// <exception cref="CliFailure">A token or CA file cannot be used; exit code 2.</exception>
    public static ApiClient OpenClient(ParseResult parsed, Option<string?> option, CliContext context) =>
        new(NodesOf(parsed, option)[0], NodeAccess.Read(parsed, context.Variable));

    /// <summary>The base addresses that the command line names; with a CA of its own HOST:PORT means https.</summary>
    public static IReadOnlyList<Uri> NodesOf(ParseResult parsed, Option<string?> option)
    {
        bool namesAuthority = NodeAccess.NamesAuthority(parsed);
        var nodes = new List<Uri>();
        string named = parsed.GetValue(option) ?? (namesAuthority ? SecureNodeDefault : NodeDefault);
        foreach (string text in named.Split(','))
        {
            bool hasScheme = text.Contains("://", StringComparison.Ordinal);
            _ = TryParseNode(!hasScheme && namesAuthority ? $"https://{text}" : text, out Uri node);
            nodes.Add(node);
        }

        return nodes;
    }
}
