using System.Security.Cryptography;

namespace JobNode.Tests.Support;

/// <summary>The oracle: the chain by the platform's SHA-512, one hash after the other.</summary>
internal static class HashChain
{
    /// <summary>The result of one job as lowercase hex.</summary>
    public static string Result(byte[] body, ulong iterations) => Results(body, [iterations])[iterations];

    /// <summary>Results of one body at several lengths, from one walk along the chain.</summary>
    /// <param name="body">The data of the job.</param>
    /// <param name="iterations">Lengths of 1 or more, ascending.</param>
    public static IReadOnlyDictionary<ulong, string> Results(byte[] body, IReadOnlyList<ulong> iterations)
    {
        // One context for the whole walk: SHA512.HashData makes one per call, which costs more than the hash.
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        byte[] chain = SHA512.HashData(body);
        ulong done = 1;
        Dictionary<ulong, string> results = [];
        foreach (ulong target in iterations)
        {
            for (; done < target; done++)
            {
                hash.AppendData(chain);
                hash.GetHashAndReset(chain);
            }

            results[target] = Convert.ToHexStringLower(chain);
        }

        return results;
    }

    /// <summary>A body of the given length that is the same in every run.</summary>
    public static byte[] Body(int length, int seed = 1)
    {
        byte[] body = new byte[length];
        new Random(seed).NextBytes(body);
        return body;
    }
}
