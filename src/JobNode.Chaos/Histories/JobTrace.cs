namespace JobNode.Chaos.Histories;

/// <summary>Everything that the history says of one id.</summary>
internal sealed class JobTrace(string id)
{
    /// <summary>The job.</summary>
    public string Id => id;

    /// <summary>The key that it was enqueued under; null as long as no answer gave this id.</summary>
    public EnqueueTrace? Enqueue { get; set; }

    /// <summary>When an answer first gave this id.</summary>
    public long AcceptedUs { get; set; }

    /// <summary>When anybody first saw it.</summary>
    public long FirstSeenUs { get; set; }

    /// <summary>Iterations that answers show.</summary>
    public ulong Iterations { get; set; }

    /// <summary>The first result that was shown.</summary>
    public string? Result { get; set; }

    /// <summary>By which answer.</summary>
    public string? ResultBy { get; set; }

    /// <summary>The pull whose answer gave it first.</summary>
    public PullTrace? PulledBy { get; set; }

    /// <summary>When that answer came.</summary>
    public long PulledUs { get; set; }

    /// <summary>The first answer that said that it is cancelled, or null.</summary>
    public string? CancelledBy { get; set; }

    /// <summary>True when a cancel was done, or may have been.</summary>
    public bool MayBeCancelled { get; set; }

    /// <summary>The latest state that an answer showed.</summary>
    public string? LastState { get; set; }

    /// <summary>By which answer.</summary>
    public string? LastStateBy { get; set; }

    /// <summary>What every later read must at least show, on any node.</summary>
    public Watermark Everywhere { get; } = new();
}

/// <summary>Everything that the history says of one key of an enqueue.</summary>
internal sealed class EnqueueTrace(string key, JobBody body, ulong iterations)
{
    /// <summary>The key.</summary>
    public string Key => key;

    /// <summary>The body sent under it.</summary>
    public JobBody Body => body;

    /// <summary>Iterations asked for.</summary>
    public ulong Iterations => iterations;

    /// <summary>The id that an answer gave, and which.</summary>
    public string? Id { get; set; }

    /// <summary>By which answer.</summary>
    public string? IdBy { get; set; }

    /// <summary>True when an attempt may have been accepted though nobody knows.</summary>
    public bool MayBeAccepted { get; set; }

    /// <summary>Attempts so far.</summary>
    public int Attempts { get; set; }
}

/// <summary>Everything that the history says of one key of a pull.</summary>
internal sealed class PullTrace(string key)
{
    /// <summary>The key.</summary>
    public string Key => key;

    /// <summary>The first batch that was not empty.</summary>
    public IReadOnlyList<string>? Batch { get; set; }

    /// <summary>By which answer.</summary>
    public string? BatchBy { get; set; }

    /// <summary>When that answer came.</summary>
    public long BatchUs { get; set; }

    /// <summary>True when an attempt before that may have taken results.</summary>
    public bool WasUnknown { get; set; }
}
