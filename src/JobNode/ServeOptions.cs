using JobNode.Commands;
using JobNode.Observability;

namespace JobNode;

/// <summary>What <c>jobnode serve</c> was asked for, already checked for sense.</summary>
/// <param name="DataDirectory">Where this node keeps its identity, log and snapshots; made when absent.</param>
/// <param name="Listen">Where the API listens; port 0 takes a free one.</param>
/// <param name="ClusterListen">Where the port for the other nodes listens; port 0 takes a free one.</param>
/// <param name="Advertise">At which the others reach this node; null derives it from the cluster address.</param>
/// <param name="Peers">Cluster addresses of the first members, this one included or not; empty: alone.</param>
/// <param name="Workers">Hash threads: null is one per core, 0 computes nothing.</param>
/// <param name="ForcedIsa">scalar, avx2 or avx512 forces a kernel path; null chooses the best.</param>
internal sealed record ServeOptions(
    string DataDirectory,
    HostPort Listen,
    HostPort ClusterListen,
    HostPort? Advertise,
    IReadOnlyList<HostPort> Peers,
    int? Workers,
    string? ForcedIsa)
{
    /// <summary>One in a thousand.</summary>
    public const double VerifyShareDefault = 0.001;

    /// <summary>Share of the work that is computed twice while this node leads (<c>--verify</c>), 0 to 1.</summary>
    public double VerifyShare { get; init; } = VerifyShareDefault;

    /// <summary>Joining, roles, replacing.</summary>
    public MembershipOptions Membership { get; init; } = new();

    /// <summary>Who may come in.</summary>
    public SecurityOptions Security { get; init; } = new();

    /// <summary>Bounds and retention.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>How the log is written (<c>--log-format</c>).</summary>
    public LogFormat LogFormat { get; init; } = LogFormat.Text;
}

/// <summary>How this node joins, and how it keeps the roles filled while it leads.</summary>
internal sealed record MembershipOptions
{
    /// <summary>Nodes that must see each other before a cluster forms (<c>--bootstrap-expect</c>); null: all
    /// peers.</summary>
    public int? BootstrapExpect { get; init; }

    /// <summary>Voters to keep (<c>--voters</c>): odd, 1 to 9.</summary>
    public int Voters { get; init; } = 3;

    /// <summary>Where this node stands (<c>--zone</c>); empty for nowhere in particular.</summary>
    public string Zone { get; init; } = "";

    /// <summary>This node computes, and is never a stand-by or a voter (<c>--compute-only</c>).</summary>
    public bool IsComputeOnly { get; init; }

    /// <summary>A voter silent for this long is replaced by a stand-by (<c>--replace-after</c>).</summary>
    public TimeSpan ReplaceAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A member silent for this long is removed (<c>--reap-after</c>).</summary>
    public TimeSpan ReapAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>With damaged data the node ends instead of being rebuilt from its cluster
    /// (<c>--no-rebuild</c>).</summary>
    public bool NeverRebuild { get; init; }
}

/// <summary>Certificates, tokens, and what is open to whom.</summary>
internal sealed record SecurityOptions
{
    /// <summary>The operator said that ports may be reached from other machines without TLS or tokens.</summary>
    public bool Insecure { get; init; }

    /// <summary>PEM files for the cluster port (<c>--cluster-ca</c>, <c>--cluster-cert</c>, <c>--cluster-key</c>), or
    /// null.</summary>
    public TlsFiles? Cluster { get; init; }

    /// <summary>PEM files for the API (<c>--api-cert</c>, <c>--api-key</c>), or null; its Ca is not used.</summary>
    public TlsFiles? Api { get; init; }

    /// <summary>File with the token that every node of the cluster shows (<c>--join-token-file</c>), or null.</summary>
    public string? JoinTokenFile { get; init; }

    /// <summary>File with the API's bearer tokens and their scopes (<c>--api-token-file</c>), or null.</summary>
    public string? ApiTokenFile { get; init; }
}

/// <summary>Paths of PEM files.</summary>
internal sealed record TlsFiles(string? Ca, string Certificate, string Key);

/// <summary>Bounds that an operator may set; the ones that may not are in Commands/Limits.</summary>
internal sealed record LimitOptions
{
    /// <summary>Jobs that the cluster may hold before this node refuses new ones (<c>--max-jobs</c>).</summary>
    public long JobsMax { get; init; } = Commands.Limits.JobsHeldMax;

    /// <summary>Bytes of one body (<c>--max-body</c>).</summary>
    public long BodyBytesMax { get; init; } = 1L << 40;

    /// <summary>Iterations of one job (<c>--max-iterations</c>).</summary>
    public ulong IterationsMax { get; init; } = Commands.Limits.IterationsMax;

    /// <summary>With less free disk new jobs are refused (<c>--min-free-disk</c>), in bytes.</summary>
    public long FreeDiskBytesMin { get; init; } = 256L << 20;

    /// <summary>Pulled and cancelled jobs stay readable this long (<c>--retention</c>).</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromMilliseconds(Commands.Limits.RetentionMs);

    /// <summary>Results that nobody pulls are kept this long (<c>--retention-unpulled</c>); zero: for ever.</summary>
    public TimeSpan RetentionUnpulled { get; init; } = TimeSpan.Zero;

    /// <summary>Files at rest are read again this often (<c>--scrub-every</c>); zero: never.</summary>
    public TimeSpan ScrubEvery { get; init; } = TimeSpan.FromHours(6);

    /// <summary>Within this time the queue is wished to drain (<c>--drain-target</c>): status says how many nodes that
    /// takes.</summary>
    public TimeSpan DrainTarget { get; init; } = TimeSpan.FromMinutes(10);
}
