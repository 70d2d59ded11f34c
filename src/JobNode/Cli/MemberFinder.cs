using JobNode.Api;

namespace JobNode.Cli;

/// <summary>Which member a person means: by id, by the beginning of one, or by cluster or API address.</summary>
internal static class MemberFinder
{
    /// <summary>Asks the cluster for its members and finds the one.</summary>
    /// <exception cref="CliFailure">None or several fit; the sentence lists what there is.</exception>
    public static async Task<MemberResponse> FindAsync(ApiClient client, string text, CancellationToken cancellation)
    {
        MembersResponse all =
            await client.GetAsync("/members", ApiJsonContext.Default.MembersResponse, cancellation);
        return Find(all.Members, text);
    }

    /// <summary>The one of these.</summary>
    /// <exception cref="CliFailure">None or several fit.</exception>
    public static MemberResponse Find(IReadOnlyList<MemberResponse> members, string text)
    {
        MemberResponse[] exact = [.. members.Where(member =>
            member.Id == text || member.Address == text || member.ApiAddress == text)];
        MemberResponse[] found = exact.Length > 0
            ? exact
            : [.. members.Where(member =>
                text.Length > 0 && member.Id.StartsWith(text, StringComparison.OrdinalIgnoreCase))];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new CliFailure(
                ExitCode.Failed,
                $"no member has the id or address \"{text}\"; there are {string.Join(", ", members.Select(Name))}."),
            _ => throw new CliFailure(
                ExitCode.Failed,
                $"\"{text}\" fits {found.Length} members: {string.Join(", ", found.Select(Name))}; write more of the "
                + "id."),
        };
    }

    /// <summary>A member for people.</summary>
    public static string Name(MemberResponse member) => $"{member.Id} ({member.Address})";
}
