using JobNode.Hashing;

namespace JobNode.Cli;

/// <summary>SHA-512 of what a file holds: the first iteration of its job.</summary>
internal static class FileDigest
{
    private const int DigestBytes = 64;
    private const int ReadBytes = 1 << 20;

    /// <summary>Reads to the end and tells how many bytes came each time; gives 64 bytes.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<byte[]> OfAsync(Stream body, Action<int> onRead, CancellationToken cancellation)
    {
        var hasher = new BodyHasher();
        byte[] piece = new byte[ReadBytes];
        for (int got; (got = await body.ReadAsync(piece, cancellation)) > 0;)
        {
            hasher.Append(piece.AsSpan(0, got));
            onRead(got);
        }

        byte[] digest = new byte[DigestBytes];
        hasher.Finish(digest);
        return digest;
    }
}
