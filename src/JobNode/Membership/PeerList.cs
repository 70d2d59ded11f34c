using JobNode.Transport;

namespace JobNode.Membership;

/// <summary>The list of --peers in the one form that all nodes compare: canonical addresses, sorted, no
/// repetition.</summary>
internal static class PeerList
{
    /// <summary>Canonical form of a list as written; <paramref name="self"/> is added when given and missing.</summary>
    /// <exception cref="FormatException">An entry is no address; the message says what to write.</exception>
    public static IReadOnlyList<string> Parse(IEnumerable<string> written, HostPort? self)
    {
        var list = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string entry in written)
        {
            HostPort place = HostPort.Parse(entry);
            if (place.IsWildcard || place.Port == 0)
            {
                throw new FormatException($"'{entry}' cannot be a peer: write the address at which others reach it");
            }

            list.Add(place.ToString());
        }

        if (self is { } own)
        {
            list.Add(own.ToString());
        }

        return [.. list];
    }

    /// <summary>The list for a message.</summary>
    public static string Format(IEnumerable<string> list) => string.Join(", ", list);
}
