namespace JobNode.Api;

/// <summary>What a caller must be allowed to do for a call; each route names one.</summary>
internal enum ApiScope
{
    /// <summary>Nothing: probes, the page, the description.</summary>
    Open,

    /// <summary>To be known at all: any token of the file.</summary>
    Read,

    /// <summary>To send and cancel jobs.</summary>
    Enqueue,

    /// <summary>To take results away.</summary>
    Pull,

    /// <summary>To change the cluster or to copy its data; includes all others.</summary>
    Admin,
}
