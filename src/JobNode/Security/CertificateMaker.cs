using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace JobNode.Security;

/// <summary>A certificate and its key as PEM text.</summary>
internal sealed record PemPair(string Certificate, string Key);

/// <summary>Makes the CA of a cluster and certificates of its nodes: ECDSA P-256, both ends of TLS.</summary>
internal static class CertificateMaker
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;

    /// <summary>Clocks of machines differ: a new certificate must not be from the future anywhere.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>A new CA, whose key signs the nodes' certificates and nothing else.</summary>
    /// <param name="now">The time.</param>
    /// <param name="days">How long it is valid.</param>
    /// <exception cref="IOException">TLS cannot work on this machine.</exception>
    public static PemPair CreateAuthority(DateTimeOffset now, int days)
    {
        OpenSslLibrary.Require();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Two clusters' CAs have two names, so that a refusal tells them apart.
        string name = $"CN=jobnode cluster CA {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using X509Certificate2 certificate = request.CreateSelfSigned(now - ClockTolerance, now.AddDays(days));
        return new PemPair(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>A node's certificate, signed by the CA.</summary>
    /// <param name="authority">The CA's certificate and key.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="addresses">Host names and IP addresses at which it is reached, beside its name.</param>
    /// <param name="now">The time.</param>
    /// <param name="days">How long it is valid; never longer than the CA.</param>
    /// <exception cref="IOException">The CA's files cannot be used.</exception>
    public static PemPair CreateNode(
        PemPair authority, string name, IReadOnlyList<string> addresses, DateTimeOffset now, int days)
    {
        OpenSslLibrary.Require();
        using X509Certificate2 signer = ReadAuthority(authority);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(ServerAuthentication), new Oid(ClientAuthentication)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            signer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(Names([name, .. addresses]));
        var signerEnd = new DateTimeOffset(signer.NotAfter);
        DateTimeOffset end = now.AddDays(days) < signerEnd ? now.AddDays(days) : signerEnd;
        var signerBegin = new DateTimeOffset(signer.NotBefore);
        DateTimeOffset begin = now - ClockTolerance > signerBegin ? now - ClockTolerance : signerBegin;
        using X509Certificate2 certificate = request.Create(
            signer, begin, end, RandomNumberGenerator.GetBytes(SerialBytes));
        return new PemPair(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private static X509Certificate2 ReadAuthority(PemPair authority)
    {
        try
        {
            X509Certificate2 signer = X509Certificate2.CreateFromPem(authority.Certificate, authority.Key);
            return signer.Extensions.OfType<X509BasicConstraintsExtension>().Any(basic => basic.CertificateAuthority)
                ? signer
                : throw new IOException("ca.pem is not the certificate of a CA");
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new IOException(
                $"ca.pem and ca-key.pem are not a certificate and its key: {error.Message.TrimEnd('.')}", error);
        }
    }

    private static X509Extension Names(IEnumerable<string> names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (string name in names.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                builder.AddIpAddress(address);
            }
            else
            {
                builder.AddDnsName(name);
            }
        }

        return builder.Build();
    }
}
