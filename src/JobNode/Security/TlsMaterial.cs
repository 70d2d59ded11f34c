using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace JobNode.Security;

/// <summary>Certificate, key and trusted CA of one side of TLS, read from PEM files.</summary>
/// <param name="Own">The certificate that this side shows, with its chain.</param>
/// <param name="Trusted">CAs whose certificates are accepted; empty when the other side needs none.</param>
internal sealed record TlsMaterial(SslStreamCertificateContext Own, X509Certificate2Collection Trusted)
{
    /// <summary>When the certificate ends.</summary>
    public DateTimeOffset End => new(Own.TargetCertificate.NotAfter);

    /// <summary>Reads the files and makes sure that they fit together.</summary>
    /// <exception cref="IOException">They cannot be used; the message says which file and why.</exception>
    public static TlsMaterial Read(TlsFiles files)
    {
        OpenSslLibrary.Require();
        string certificatePem = SecretFile.ReadText(files.Certificate);
        string keyPem = SecretFile.ReadText(files.Key);
        X509Certificate2 own = ReadPair(files, certificatePem, keyPem);
        X509Certificate2Collection chain = ReadCertificates(files.Certificate, certificatePem);
        X509Certificate2Collection trusted = files.Ca is null
            ? []
            : ReadCertificates(files.Ca, SecretFile.ReadText(files.Ca));
        CheckOwn(files, own, chain, trusted);
        return new TlsMaterial(SslStreamCertificateContext.Create(own, chain, offline: true), trusted);
    }

    /// <summary>All certificates of a PEM file.</summary>
    /// <exception cref="IOException">There is none, or one is damaged.</exception>
    public static X509Certificate2Collection ReadCertificates(string path, string pem)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(pem);
        }
        catch (CryptographicException error)
        {
            throw new IOException($"{path} holds a damaged certificate: {error.Message.TrimEnd('.')}", error);
        }

        return found.Count > 0
            ? found
            : throw new IOException($"{path} holds no certificate; a PEM file begins with -----BEGIN CERTIFICATE-----");
    }

    private static X509Certificate2 ReadPair(TlsFiles files, string certificatePem, string keyPem)
    {
        if (keyPem.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new IOException(
                $"{files.Key} is locked with a passphrase, which a node cannot type; unlock it with: "
                + $"openssl pkey -in {files.Key} -out {files.Key}.plain");
        }

        try
        {
            return X509Certificate2.CreateFromPem(certificatePem, keyPem);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new IOException(
                $"{files.Certificate} and {files.Key} are not a certificate and its key: {error.Message.TrimEnd('.')}",
                error);
        }
    }

    private static void CheckOwn(
        TlsFiles files, X509Certificate2 own, X509Certificate2Collection chain, X509Certificate2Collection trusted)
    {
        DateTime now = DateTime.Now;
        if (now > own.NotAfter || now < own.NotBefore)
        {
            string from = own.NotBefore.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            string to = own.NotAfter.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            throw new IOException(
                $"{files.Certificate} is valid from {from} to {to}, not now; "
                + "make a new one, for example with 'jobnode certs node'");
        }

        if (trusted.Count == 0)
        {
            return;
        }

        foreach (PeerSide side in (PeerSide[])[PeerSide.Client, PeerSide.Server])
        {
            using var builder = new X509Chain { ChainPolicy = PeerCertificate.Policy(trusted, side) };
            builder.ChainPolicy.ExtraStore.AddRange(chain);
            if (!builder.Build(own))
            {
                throw new IOException(
                    $"{files.Certificate} is refused by the other nodes: {PeerCertificate.Explain(own, builder)}; "
                    + $"--cluster-ca is {files.Ca}");
            }
        }
    }
}
