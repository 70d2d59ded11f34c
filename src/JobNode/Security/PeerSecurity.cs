using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using JobNode.Observability;

namespace JobNode.Security;

/// <summary>What a node shows to the others of its cluster and asks of them: certificates and the join token.</summary>
internal sealed class PeerSecurity
{
    /// <summary>Certificates that end within this many days are warned about.</summary>
    private const int EndsSoonDays = 30;

    private readonly WatchedFiles<TlsMaterial>? _tls;
    private readonly WatchedFiles<JoinToken>? _token;

    private PeerSecurity(WatchedFiles<TlsMaterial>? tls, WatchedFiles<JoinToken>? token)
    {
        _tls = tls;
        _token = token;
    }

    /// <summary>Neither certificates nor token.</summary>
    public static PeerSecurity None { get; } = new(null, null);

    /// <summary>True when connections between nodes are TLS.</summary>
    public bool IsEncrypted => _tls is not null;

    /// <summary>When this node's certificate ends; null without one.</summary>
    public DateTimeOffset? CertificateEnd => _tls?.Current.End;

    /// <summary>The token to show; null for none.</summary>
    public string? ShownToken => _token?.Current.Shown;

    /// <summary>Reads what the options name.</summary>
    /// <exception cref="IOException">A file cannot be used; the message is a sentence for people.</exception>
    public static PeerSecurity Open(SecurityOptions options, ILogger logger, TimeProvider time) => new(
        options.Cluster is { } files ? OpenTls("cluster certificate", files, logger, time) : null,
        options.JoinTokenFile is { } path
            ? new WatchedFiles<JoinToken>("join token", [path], () => JoinToken.Read(path), logger, time)
            : null);

    /// <summary>Certificates that follow their files.</summary>
    /// <exception cref="IOException">A file cannot be used.</exception>
    public static WatchedFiles<TlsMaterial> OpenTls(string subject, TlsFiles files, ILogger logger, TimeProvider time)
    {
        IReadOnlyList<string> paths = files.Ca is null
            ? [files.Certificate, files.Key]
            : [files.Certificate, files.Key, files.Ca];
        return new WatchedFiles<TlsMaterial>(subject, paths, Read, logger, time);

        TlsMaterial Read()
        {
            TlsMaterial material = TlsMaterial.Read(files);
            if (material.End - time.GetUtcNow() < TimeSpan.FromDays(EndsSoonDays))
            {
                logger.CertificateEndsSoon(files.Certificate, material.End.ToString("yyyy-MM-dd"));
            }

            return material;
        }
    }

    /// <summary>Does a node that shows this token belong? Always, when none is asked for.</summary>
    public bool Admits(string shownToken) => _token is null || _token.Current.Admits(shownToken);

    /// <summary>What guards the cluster port.</summary>
    public ConnectionGate CreateGate(RefusalLog log) => new(
        _tls is null ? null : new TlsPort(_tls, NeedsClientCertificate: true, [SslApplicationProtocol.Http2]),
        EntryLimits.Cluster,
        log);

    /// <summary>Connects to another node with TLS and makes sure that it is of this cluster.</summary>
    /// <exception cref="IOException">Not reachable, or not of this cluster; the message says why.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint to, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        string? refusal = null;
        try
        {
            await socket.ConnectAsync(to, cancellation);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(Settings(to.Host, reason => refusal = reason), cancellation);
            return stream;
        }
        catch (Exception error)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            socket.Dispose();
            if (error is AuthenticationException or IOException)
            {
                throw new IOException(
                    refusal ?? "TLS did not come about; it may not speak TLS (--cluster-ca, --cluster-cert, "
                        + $"--cluster-key on all nodes): {error.Message.TrimEnd('.')}",
                    error);
            }

            throw;
        }
    }

    private SslClientAuthenticationOptions Settings(string host, Action<string> refused)
    {
        TlsMaterial material = _tls!.Current;
        return new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificateContext = material.Own,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            AllowTlsResume = false,
            CertificateChainPolicy = PeerCertificate.Policy(material.Trusted, PeerSide.Server),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                if (PeerCertificate.Judge(certificate, chain, errors) is not { } refusal)
                {
                    return true;
                }

                refused(refusal.Reason);
                return false;
            },
        };
    }
}
