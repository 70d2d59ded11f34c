namespace JobNode.Security;

/// <summary>
/// The secret that every node of a cluster shows to the others. The file may hold several, one a line: the first is
/// shown, all are accepted, so that it can be replaced while the cluster runs (add the new one behind on all nodes,
/// then in front on all, then take the old one away).
/// </summary>
internal sealed class JoinToken
{
    private readonly IReadOnlyList<SecretText> _accepted;

    private JoinToken(IReadOnlyList<SecretText> accepted) => _accepted = accepted;

    /// <summary>What this node shows.</summary>
    public string Shown => _accepted[0].Text;

    /// <summary>Reads the file.</summary>
    /// <exception cref="IOException">It holds no usable token; says which line.</exception>
    public static JoinToken Read(string path)
    {
        var accepted = new List<SecretText>();
        foreach ((int number, string text) in SecretFile.ReadLines(path))
        {
            if (SecretText.TryCreate(text, out SecretText? token) is { } wrong)
            {
                throw new IOException($"--join-token-file {path}, line {number}: {wrong}");
            }

            accepted.Add(token!);
        }

        return accepted.Count > 0
            ? new JoinToken(accepted)
            : throw new IOException($"--join-token-file {path} holds no token; {SecretText.HowToMake}");
    }

    /// <summary>Does a node that shows this belong? Every token is compared, whichever it is.</summary>
    public bool Admits(string shown)
    {
        bool admits = false;
        foreach (SecretText token in _accepted)
        {
            admits |= token.Equals(shown);
        }

        return admits;
    }
}
