using static JobNode.Hashing.Sha512Constants;

namespace JobNode.Hashing;

/// <summary>
/// Tests a path before it is trusted: published vectors first, then every lane against the scalar oracle.
/// </summary>
internal static unsafe class KernelSelfTest
{
    /// <summary>SHA-512 of "abc", from NIST's examples to FIPS 180-4; here the first value of a chain.</summary>
    private static ReadOnlySpan<byte> AbcDigest => Convert.FromHexString(
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");

    /// <summary>Its SHA-512 (<c>printf abc | openssl dgst -sha512 -binary | openssl dgst -sha512</c>).</summary>
    private static ReadOnlySpan<byte> AbcAfter1 => Convert.FromHexString(
        "373a9f3a902cf561003b513c94c5164ba4af135cbc4eb4d856b89ea5609523f1"
        + "30bbe5e453e6c645b2765a265aaeb1390c82c913130870636cd0c8ecf980d851");

    /// <summary>The same after ten times.</summary>
    private static ReadOnlySpan<byte> AbcAfter10 => Convert.FromHexString(
        "67efb1b8bd237ddc1baf9ff0f980e433cf57d87cbf19fa0f9516eaa85f9c55ad"
        + "a167258872c783032da2fd0ff739b725460d5464d8625fb118318e35a4c9d779");

    /// <summary>SHA-512 of NIST's two-block message.</summary>
    private static ReadOnlySpan<byte> TwoBlockDigest => Convert.FromHexString(
        "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
        + "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909");

    private static ReadOnlySpan<byte> TwoBlockMessage =>
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"u8
        + "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"u8;

    /// <summary>What is wrong with the path, as the end of a sentence; null when it computes what it should.</summary>
    public static string? FindFailure(KernelPath path)
    {
        if (!Hash("abc"u8).SequenceEqual(AbcDigest) || !Hash(TwoBlockMessage).SequenceEqual(TwoBlockDigest))
        {
            return "the hash of a published message (FIPS 180-4) came out wrong";
        }

        foreach (LaneKernel kernel in path.Kernels)
        {
            kernel.SecondsPerStep = 1;
            using ChainLanes lanes = new(new LanePlan([new KernelPath(path.Name, kernel)]));
            string? failure = FindPublishedFailure(kernel, lanes) ?? FindOracleFailure(kernel, lanes);
            if (failure is not null)
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>Every lane computes the published chain.</summary>
    private static string? FindPublishedFailure(LaneKernel kernel, ChainLanes lanes)
    {
        for (int lane = 0; lane < kernel.Lanes; lane++)
        {
            lanes.Load(lane, AbcDigest);
        }

        lanes.Advance(kernel.Lanes, 1);
        string? failure = FindDifference(kernel, lanes, AbcAfter1, 1);
        lanes.Advance(kernel.Lanes, 9);
        return failure ?? FindDifference(kernel, lanes, AbcAfter10, 10);
    }

    private static string? FindDifference(LaneKernel kernel, ChainLanes lanes, ReadOnlySpan<byte> expected, int steps)
    {
        Span<byte> digest = stackalloc byte[DigestBytes];
        for (int lane = 0; lane < kernel.Lanes; lane++)
        {
            lanes.Store(lane, digest);
            if (!digest.SequenceEqual(expected))
            {
                return $"lane {lane} of {kernel.Lanes} got a published chain wrong after {steps} steps";
            }
        }

        return null;
    }

    /// <summary>Every lane computes another chain, so that mixed-up lanes are seen.</summary>
    private static string? FindOracleFailure(LaneKernel kernel, ChainLanes lanes)
    {
        ReadOnlySpan<ulong> stepCounts = [1, 2, 3, 17];
        LaneKernel scalar = new(1, 1, ScalarKernel.Advance) { SecondsPerStep = 1 };
        using ChainLanes oracle = new(new LanePlan([new KernelPath("oracle", scalar)]));
        Span<byte> expected = stackalloc byte[DigestBytes];
        Span<byte> digest = stackalloc byte[DigestBytes];
        foreach (ulong steps in stepCounts)
        {
            for (int lane = 0; lane < kernel.Lanes; lane++)
            {
                lanes.Load(lane, Hash([(byte)lane, (byte)steps]));
            }

            lanes.Advance(kernel.Lanes, steps);
            for (int lane = 0; lane < kernel.Lanes; lane++)
            {
                oracle.Load(0, Hash([(byte)lane, (byte)steps]));
                oracle.Advance(1, steps);
                oracle.Store(0, expected);
                lanes.Store(lane, digest);
                if (!digest.SequenceEqual(expected))
                {
                    return $"lane {lane} of {kernel.Lanes} differs from the scalar oracle after {steps} steps";
                }
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> Hash(ReadOnlySpan<byte> message)
    {
        byte[] digest = new byte[DigestBytes];
        BodyHasher hasher = new();
        hasher.Append(message);
        hasher.Finish(digest);
        return digest;
    }
}
