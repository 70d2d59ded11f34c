using JobNode.Commands;

namespace JobNode.Membership;

/// <summary>
/// The list of --peers in the one form that all nodes compare: canonical addresses, sorted, no repetition.
/// </summary>
internal static class PeerList
{
    /// <summary>Canonical form of a list as given; <paramref name="self"/> is added when given and missing.</summary>
    /// <exception cref="FormatException">Nobody can dial an entry; the message says what to write.</exception>
    public static IReadOnlyList<string> From(IEnumerable<HostPort> places, HostPort? self)
    {
        var list = new SortedSet<string>(StringComparer.Ordinal);
        foreach (HostPort place in places)
        {
            if (place.IsWildcard || place.Port == 0)
            {
                throw new FormatException($"'{place}' cannot be a peer: write the address at which others reach it");
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
