using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace JobNode.Security;

/// <summary>How a port speaks TLS.</summary>
/// <param name="Material">Certificate and trusted CAs; read again when the files change.</param>
/// <param name="NeedsClientCertificate">True: who dials must show a certificate of those CAs.</param>
/// <param name="Protocols">What may follow, the favourite first.</param>
internal sealed record TlsPort(
    WatchedFiles<TlsMaterial> Material, bool NeedsClientCertificate, IReadOnlyList<SslApplicationProtocol> Protocols);

/// <summary>Bounds of those who are on their way into a port; those who are in do not count.</summary>
/// <param name="EnteringMax">So many at once.</param>
/// <param name="TimeoutMs">Time from accepting to the end of the handshake, in milliseconds.</param>
internal sealed record EntryLimits(int EnteringMax, int TimeoutMs)
{
    /// <summary>Nodes are few and near.</summary>
    public static EntryLimits Cluster { get; } = new(256, 5000);

    /// <summary>Clients are many and may be far.</summary>
    public static EntryLimits Api { get; } = new(4096, 15_000);
}

/// <summary>
/// What every connection of a port passes before a byte of HTTP is read: the protocol it begins with, TLS, the
/// certificate. Who does not belong costs a bounded time and memory, and a line in the log.
/// </summary>
/// <remarks>
/// Kestrel's own UseHttps wants a service container and its private metrics; a bare server has neither.
/// </remarks>
/// <param name="tls">TLS, or null: the port is plain.</param>
/// <param name="limits">How long and how many may be on their way in.</param>
/// <param name="log">Where refusals go.</param>
internal sealed class ConnectionGate(TlsPort? tls, EntryLimits limits, RefusalLog log)
{
    private int _entering;

    /// <summary>The connection middleware.</summary>
    public async Task HandleAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        string remote = (connection.RemoteEndPoint as IPEndPoint)?.ToString() ?? "?";
        if (Interlocked.Increment(ref _entering) > limits.EnteringMax)
        {
            Interlocked.Decrement(ref _entering);
            log.Write(RefusalKind.TooMany, remote, $"{limits.EnteringMax} others are on their way in already");
            return;
        }

        SslStream? secured;
        try
        {
            // Who leaves ends the pipe, behind what it said: that is read first, and names it.
            using var limit = new CancellationTokenSource(limits.TimeoutMs);
            (bool isIn, secured) = await EnterAsync(connection, remote, limit.Token);
            if (!isIn)
            {
                return;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _entering);
        }

        await (secured is null ? next(connection) : ServeSecuredAsync(connection, secured, next));
    }

    private async Task<(bool IsIn, SslStream? Secured)> EnterAsync(
        ConnectionContext connection, string remote, CancellationToken limit)
    {
        try
        {
            PipeReader input = connection.Transport.Input;
            string? wrong = tls is null
                ? await FirstBytes.RefuseUnlessHttp2Async(input, limit)
                : await FirstBytes.RefuseUnlessTlsAsync(input, limit);
            if (wrong is null)
            {
                return tls is null ? (true, null) : await HandshakeAsync(tls, connection, remote, limit);
            }

            log.Write(tls is null ? RefusalKind.NotHttp2 : RefusalKind.NotTls, remote, wrong);
        }
        catch (OperationCanceledException)
        {
            log.Write(RefusalKind.Silent, remote, $"it was not in within {limits.TimeoutMs} ms");
        }
        catch (Exception error) when (error is IOException or ConnectionResetException)
        {
            log.Write(RefusalKind.Silent, remote, $"it left before it was in: {error.Message.TrimEnd('.')}");
        }

        return (false, null);
    }

    private async Task<(bool IsIn, SslStream? Secured)> HandshakeAsync(
        TlsPort port, ConnectionContext connection, string remote, CancellationToken limit)
    {
        (RefusalKind Kind, string Reason)? refusal = null;
        var stream = new SslStream(new PipeStream(connection.Transport), leaveInnerStreamOpen: true);
        try
        {
            await stream.AuthenticateAsServerAsync(
                Settings(port, (certificate, chain, errors) =>
                {
                    refusal = PeerCertificate.Judge(certificate, chain, errors);
                    return refusal is null;
                }),
                limit);
            if (port.Protocols.Contains(stream.NegotiatedApplicationProtocol) || !port.NeedsClientCertificate)
            {
                return (true, stream);
            }

            refusal = (RefusalKind.NotHttp2, "it has a certificate of the cluster but does not speak HTTP/2 (ALPN h2)");
        }
        catch (Exception error) when (error is AuthenticationException or IOException or OperationCanceledException)
        {
            refusal ??= error is OperationCanceledException
                ? (RefusalKind.Silent, $"its TLS handshake was not done within {limits.TimeoutMs} ms")
                : (RefusalKind.HandshakeFailed, $"its TLS handshake failed: {Innermost(error)}");
        }

        await stream.DisposeAsync();
        log.Write(refusal.Value.Kind, remote, refusal.Value.Reason);
        return (false, null);
    }

    private static SslServerAuthenticationOptions Settings(
        TlsPort port, Func<X509Certificate?, X509Chain?, SslPolicyErrors, bool> judge)
    {
        TlsMaterial material = port.Material.Current;
        var settings = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = material.Own,
            ApplicationProtocols = [.. port.Protocols],
            ClientCertificateRequired = port.NeedsClientCertificate,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (port.NeedsClientCertificate)
        {
            // A resumed session would carry the judgement of a certificate made before the files changed.
            settings.AllowTlsResume = false;
            settings.CertificateChainPolicy = PeerCertificate.Policy(material.Trusted, PeerSide.Client);
            settings.RemoteCertificateValidationCallback =
                (_, certificate, chain, errors) => judge(certificate, chain, errors);
        }

        return settings;
    }

    private static async Task ServeSecuredAsync(
        ConnectionContext connection, SslStream secured, ConnectionDelegate next)
    {
        IDuplexPipe plain = connection.Transport;
        await using (secured)
        {
            var spoken = new Secured(secured);
            connection.Features.Set<ITlsConnectionFeature>(spoken);
            connection.Features.Set<ITlsApplicationProtocolFeature>(spoken);
            connection.Transport = spoken;
            try
            {
                await next(connection);
            }
            finally
            {
                await spoken.Input.CompleteAsync();
                await spoken.Output.CompleteAsync();
                connection.Transport = plain;
            }
        }
    }

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error.Message.TrimEnd('.');
    }

    /// <summary>The connection behind TLS, and what TLS agreed on.</summary>
    private sealed class Secured(SslStream stream) : IDuplexPipe, ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));

        public X509Certificate2? ClientCertificate { get; set; } = stream.RemoteCertificate as X509Certificate2;

        public ReadOnlyMemory<byte> ApplicationProtocol => stream.NegotiatedApplicationProtocol.Protocol;

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult(ClientCertificate);
    }
}
