using JobNode.Observability;

namespace JobNode.Security;

/// <summary>Why somebody was turned away; each kind has its own share of the log.</summary>
internal enum RefusalKind
{
    /// <summary>The first bytes are not TLS.</summary>
    NotTls,

    /// <summary>The first bytes are not HTTP/2.</summary>
    NotHttp2,

    /// <summary>TLS without a certificate.</summary>
    NoCertificate,

    /// <summary>A certificate of another CA, or not made for this.</summary>
    CertificateUnknown,

    /// <summary>A certificate whose time is over or has not begun.</summary>
    CertificateExpired,

    /// <summary>TLS that did not come to an end.</summary>
    HandshakeFailed,

    /// <summary>Nothing was said for too long.</summary>
    Silent,

    /// <summary>Too many at once that were not let in yet.</summary>
    TooMany,

    /// <summary>A request without the join token or with a wrong one.</summary>
    Token,

    /// <summary>Any other refused request.</summary>
    Request,
}

/// <summary>
/// Says who was turned away and why: of each kind at most ten lines a second, then how many more there were. So a flood
/// fills neither the log nor memory, and hides no other kind.
/// </summary>
/// <param name="port">Which port: cluster or API.</param>
/// <param name="logger">Where it says so.</param>
/// <param name="time">For the seconds.</param>
internal sealed class RefusalLog(string port, ILogger logger, TimeProvider time)
{
    private const int LinesPerSecondMax = 10;

    private readonly Lock _gate = new();
    private readonly Window[] _windows = new Window[Enum.GetValues<RefusalKind>().Length];

    /// <summary>One refusal.</summary>
    public void Write(RefusalKind kind, string remote, string reason)
    {
        if (MayWrite(kind, out long before))
        {
            if (before > 0)
            {
                logger.MoreRefused(before, port, kind.ToString());
            }

            logger.ConnectionRefused(remote, port, reason);
        }
    }

    /// <summary>May a line of this kind be written now?</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="before">Lines left out in the last full second.</param>
    public bool MayWrite(RefusalKind kind, out long before)
    {
        lock (_gate)
        {
            before = 0;
            ref Window window = ref _windows[(int)kind];
            if (window.Lines == 0 || time.GetElapsedTime(window.Begin) >= TimeSpan.FromSeconds(1))
            {
                before = Math.Max(0, window.Lines - LinesPerSecondMax);
                window = new Window { Begin = time.GetTimestamp() };
            }

            window.Lines++;
            return window.Lines <= LinesPerSecondMax;
        }
    }

    private struct Window
    {
        public long Begin;
        public long Lines;
    }
}
