using System.Security.Cryptography;
using System.Text;

namespace JobNode.Chaos.Histories;

/// <summary>
/// The right results, by the platform's SHA-512 and nothing of the product. Jobs with the same body share one
/// walk along
/// its chain, so that many long jobs cost no more than the longest of them.
/// </summary>
internal static class Oracle
{
    /// <summary>The data that a body's name stands for: the name, over and over.</summary>
    public static byte[] Bytes(JobBody body)
    {
        byte[] name = Encoding.UTF8.GetBytes(body.Name.Length == 0 ? "\0" : body.Name);
        byte[] bytes = new byte[body.Length];
        for (int at = 0; at < bytes.Length; at++)
        {
            bytes[at] = name[at % name.Length];
        }

        return bytes;
    }

    /// <summary>The result of one job as lowercase hex.</summary>
    public static string Result(JobBody body, ulong iterations)
    {
        string? result = null;
        Walk(body, [iterations], (_, hex) => result = hex);
        return result!;
    }

    /// <summary>Results of one body at several lengths, each told as the walk comes by.</summary>
    /// <param name="body">The data of the jobs.</param>
    /// <param name="iterations">Lengths of 1 or more, in ascending order.</param>
    /// <param name="found">Gets the place in <paramref name="iterations"/> and the result as lowercase hex.</param>
    public static void Walk(JobBody body, IReadOnlyList<ulong> iterations, Action<int, string> found)
    {
        // One context for the whole walk: SHA512.HashData makes one per call, which costs more than the hash.
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        byte[] chain = SHA512.HashData(Bytes(body));
        ulong done = 1;
        for (int place = 0; place < iterations.Count; place++)
        {
            for (; done < iterations[place]; done++)
            {
                hash.AppendData(chain);
                hash.GetHashAndReset(chain);
            }

            found(place, Convert.ToHexStringLower(chain));
        }
    }
}
