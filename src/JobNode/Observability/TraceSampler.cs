using System.Globalization;

namespace JobNode.Observability;

/// <summary>
/// Which jobs are traced: the low 56 bits of the job's id, which are random, say so. Every node with the same share
/// comes to the same answer, without a word between them.
/// </summary>
internal readonly record struct TraceSampler
{
    /// <summary>One job in a thousand: a million jobs make a thousand traces.</summary>
    public const double ShareDefault = 0.001;

    private const int RandomBitCount = 56;

    private readonly ulong _below;

    /// <summary>Takes a share, 0 to 1.</summary>
    public TraceSampler(double share) => _below = (ulong)(Math.Clamp(share, 0, 1) * (1UL << RandomBitCount));

    /// <summary>True when it takes any.</summary>
    public bool IsOn => _below > 0;

    /// <summary>As <c>OTEL_TRACES_SAMPLER</c> and <c>OTEL_TRACES_SAMPLER_ARG</c> say. What is called parent-based is
    /// decided from the job's id as well: a node that only works on the job never saw the client's header.</summary>
    /// <param name="name">Null for the default share.</param>
    /// <param name="argument">The share; null for all.</param>
    /// <param name="complaint">What cannot be used, or null.</param>
    public static TraceSampler Of(string? name, string? argument, out string? complaint)
    {
        complaint = null;
        string kind = (name ?? "").Trim().Replace("parentbased_", "", StringComparison.Ordinal);
        switch (kind)
        {
            case "always_on":
                return new TraceSampler(1);
            case "always_off":
                return default;
            case "" or "traceidratio":
                double share = kind.Length == 0 ? ShareDefault : 1;
                bool isShare = double.TryParse(
                    argument, NumberStyles.Float, CultureInfo.InvariantCulture, out double asked)
                    && asked is >= 0 and <= 1;
                complaint = argument is null || isShare
                    ? null
                    : $"OTEL_TRACES_SAMPLER_ARG is \"{argument}\"; write a share from 0 to 1. {share} is taken";
                return new TraceSampler(isShare ? asked : share);
            default:
                complaint = $"OTEL_TRACES_SAMPLER is \"{name}\"; write always_on, always_off or traceidratio. One job "
                    + "in a thousand is traced";
                return new TraceSampler(ShareDefault);
        }
    }

    /// <summary>True for a job that is traced.</summary>
    public bool Takes(UInt128 job) => ((ulong)job & ((1UL << RandomBitCount) - 1)) < _below;
}
