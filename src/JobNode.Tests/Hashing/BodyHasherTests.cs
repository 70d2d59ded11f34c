using System.Security.Cryptography;
using JobNode.Hashing;

namespace JobNode.Tests.Hashing;

public sealed class BodyHasherTests
{
    /// <summary>NIST: examples to FIPS 180-4, and the byte-oriented short messages of CAVP's SHA-512 set.</summary>
    [Theory]
    [InlineData(
        "",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e")]
    [InlineData(
        "21",
        "3831a6a6155e509dee59a7f451eb35324d8f8f2df6e3708894740f98fdee2388"
        + "9f4de5adb0c5010dfb555cda77c8ab5dc902094c52de3278f35a75ebc25f093a")]
    [InlineData(
        "616263",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")]
    public void Published_messages_have_their_published_digests(string messageHex, string digestHex) =>
        Assert.Equal(digestHex, Convert.ToHexStringLower(Hash(Convert.FromHexString(messageHex), 1000)));

    [Fact]
    public void A_million_times_a_has_its_published_digest()
    {
        byte[] message = new byte[1_000_000];
        Array.Fill(message, (byte)'a');
        Assert.Equal(
            "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
            + "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
            Convert.ToHexStringLower(Hash(message, 4096)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(111)]
    [InlineData(112)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(100_000)]
    public void A_body_in_pieces_of_any_size_hashes_as_the_platform_hashes_it(int length)
    {
        byte[] body = new byte[length];
        new Random(length).NextBytes(body);
        byte[] expected = SHA512.HashData(body);
        foreach (int piece in new[] { 1, 3, 63, 64, 111, 127, 128, 129, 1000, 65_536 })
        {
            Assert.Equal(expected, Hash(body, piece));
        }
    }

    [Fact]
    public void Every_length_up_to_300_hashes_as_the_platform_hashes_it()
    {
        Random random = new(300);
        for (int length = 0; length <= 300; length++)
        {
            byte[] body = new byte[length];
            random.NextBytes(body);
            Assert.Equal(SHA512.HashData(body), Hash(body, 1 + random.Next(length + 1)));
        }
    }

    [Fact]
    public void Blocks_of_any_number_are_absorbed_as_the_oracle_absorbs_them()
    {
        byte[] message = new byte[9 * 128];
        new Random(9).NextBytes(message);
        for (int blocks = 0; blocks <= 9; blocks++)
        {
            ulong[] expected = [1, 2, 3, 4, 5, 6, 7, 8];
            ulong[] state = [.. expected];
            ScalarKernel.AbsorbBlocks(expected, message.AsSpan(0, 128 * blocks));
            StreamKernel.AbsorbBlocks(state, message.AsSpan(0, 128 * blocks));
            Assert.Equal(expected, state);
        }

        Assert.Throws<ArgumentException>(() => StreamKernel.AbsorbBlocks(new ulong[8], message.AsSpan(0, 127)));
        Assert.Throws<ArgumentException>(() => StreamKernel.AbsorbBlocks(new ulong[7], message));
    }

    [Fact]
    public void Pieces_of_random_sizes_hash_as_the_platform_hashes_the_whole()
    {
        const int Seed = 20_250_101;
        Random random = new(Seed);
        for (int round = 0; round < 200; round++)
        {
            byte[] body = new byte[random.Next(0, 2000)];
            random.NextBytes(body);
            BodyHasher hasher = new();
            for (int at = 0; at < body.Length;)
            {
                int piece = Math.Min(random.Next(0, 300), body.Length - at);
                hasher.Append(body.AsSpan(at, piece));
                at += piece;
            }

            byte[] digest = new byte[64];
            hasher.Finish(digest);
            Assert.True(digest.AsSpan().SequenceEqual(SHA512.HashData(body)), $"seed {Seed}, round {round}");
        }
    }

    [Fact]
    public void A_finished_hasher_takes_nothing_more()
    {
        BodyHasher hasher = new();
        hasher.Finish(new byte[64]);
        Assert.Throws<InvalidOperationException>(() => hasher.Append("late"u8));
        Assert.Throws<InvalidOperationException>(() => hasher.Finish(new byte[64]));
    }

    [Fact]
    public void A_digest_goes_into_exactly_64_bytes() =>
        Assert.Throws<ArgumentException>(() => new BodyHasher().Finish(new byte[63]));

    private static byte[] Hash(byte[] body, int piece)
    {
        BodyHasher hasher = new();
        for (int at = 0; at < body.Length; at += piece)
        {
            hasher.Append(body.AsSpan(at, Math.Min(piece, body.Length - at)));
        }

        byte[] digest = new byte[64];
        hasher.Finish(digest);
        return digest;
    }
}
