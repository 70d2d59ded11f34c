using JobNode.Security;

namespace JobNode.Api;

/// <summary>The tokens of <c>--api-token-file</c> and what each may do.</summary>
internal sealed class ApiTokens
{
    /// <summary>How a line looks; ends sentences about wrong ones.</summary>
    private const string LineForm = "a line is TOKEN SCOPE[,SCOPE] [name], the scopes are enqueue, pull and admin";

    private readonly IReadOnlyList<Entry> _entries;

    private ApiTokens(IReadOnlyList<Entry> entries) => _entries = entries;

    /// <summary>Reads the file.</summary>
    /// <exception cref="IOException">A line is wrong: the message names it and never shows a token.</exception>
    public static ApiTokens Read(string path)
    {
        var entries = new List<Entry>();
        foreach ((int number, string text) in SecretFile.ReadLines(path))
        {
            if (ReadLine(text, number, entries, out Entry? entry) is { } wrong)
            {
                throw new IOException($"--api-token-file {path}, line {number}: {wrong}");
            }

            entries.Add(entry!);
        }

        return entries.Count > 0
            ? new ApiTokens(entries)
            : throw new IOException($"--api-token-file {path} holds no token; {LineForm}");
    }

    /// <summary>What this token may do, or null when it is none of them. All are compared, whichever it is.</summary>
    public IReadOnlySet<ApiScope>? Find(string shown)
    {
        IReadOnlySet<ApiScope>? found = null;
        foreach (Entry entry in _entries)
        {
            found = entry.Token.Equals(shown) ? entry.Scopes : found;
        }

        return found;
    }

    private static string? ReadLine(string text, int number, List<Entry> before, out Entry? entry)
    {
        entry = null;
        string[] parts = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2)
        {
            return $"it has no scope; {LineForm}";
        }

        if (SecretText.TryCreate(parts[0], out SecretText? token) is { } wrong)
        {
            return wrong;
        }

        if (before.Find(other => other.Token.Equals(parts[0])) is { } same)
        {
            return $"the token is that of line {same.Line} again; put all its scopes on one line";
        }

        var scopes = new HashSet<ApiScope>();
        foreach (string scope in parts[1].Split(','))
        {
            if (ScopeOf(scope) is not { } known)
            {
                return $"one of its scopes is not known; {LineForm}";
            }

            scopes.Add(known);
        }

        entry = new Entry(token!, scopes, number);
        return null;
    }

    private static ApiScope? ScopeOf(string text) => text switch
    {
        "enqueue" => ApiScope.Enqueue,
        "pull" => ApiScope.Pull,
        "admin" => ApiScope.Admin,
        _ => null,
    };

    private sealed record Entry(SecretText Token, IReadOnlySet<ApiScope> Scopes, int Line);
}
