using System.Numerics;

namespace JobNode.KernelGenerator;

/// <summary>
/// SHA-512's constants computed from their definition, and its functions on known words (FIPS 180-4).
/// </summary>
internal static class Sha512Numbers
{
    /// <summary>Rounds of one compression.</summary>
    public const int Rounds = 80;

    /// <summary>Fractional parts of the cube roots of the first eighty primes (section 4.2.3).</summary>
    public static readonly IReadOnlyList<ulong> RoundConstants = [.. Primes().Take(Rounds).Select(p => Fraction(p, 3))];

    /// <summary>Fractional parts of the square roots of the first eight primes (section 5.3.5).</summary>
    public static readonly IReadOnlyList<ulong> InitialState = [.. Primes().Take(8).Select(p => Fraction(p, 2))];

    public static ulong BigSigma0(ulong x) => Rotate(x, 28) ^ Rotate(x, 34) ^ Rotate(x, 39);

    public static ulong BigSigma1(ulong x) => Rotate(x, 14) ^ Rotate(x, 18) ^ Rotate(x, 41);

    public static ulong SmallSigma0(ulong x) => Rotate(x, 1) ^ Rotate(x, 8) ^ (x >> 7);

    public static ulong SmallSigma1(ulong x) => Rotate(x, 19) ^ Rotate(x, 61) ^ (x >> 6);

    public static ulong Choose(ulong x, ulong y, ulong z) => (x & y) ^ (~x & z);

    public static ulong Majority(ulong x, ulong y, ulong z) => (x & y) ^ (x & z) ^ (y & z);

    private static ulong Rotate(ulong x, int bits) => BitOperations.RotateRight(x, bits);

    private static IEnumerable<int> Primes()
    {
        for (int candidate = 2; ; candidate++)
        {
            if (Enumerable.Range(2, candidate - 2).All(divisor => candidate % divisor != 0))
            {
                yield return candidate;
            }
        }
    }

    /// <summary>
    /// The first 64 bits behind the point of the prime's root: the low word of root(p * 2^(64 * degree)).
    /// </summary>
    private static ulong Fraction(int prime, int degree)
    {
        BigInteger target = (BigInteger)prime << (64 * degree);
        BigInteger low = 0;
        BigInteger high = BigInteger.One << 70;
        while (high - low > 1)
        {
            BigInteger middle = (low + high) / 2;
            (low, high) = BigInteger.Pow(middle, degree) <= target ? (middle, high) : (low, middle);
        }

        return (ulong)(low & ulong.MaxValue);
    }
}
