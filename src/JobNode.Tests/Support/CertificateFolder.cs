using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using JobNode.Security;

namespace JobNode.Tests.Support;

/// <summary>A cluster's CA and certificates of its nodes in a folder of their own.</summary>
internal sealed class CertificateFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PemPair _authority;
    private PemPair? _longAuthority;

    public CertificateFolder()
    {
        _authority = CertificateMaker.CreateAuthority(DateTimeOffset.UtcNow.AddDays(-100), 3650);
        File.WriteAllText(Authority, _authority.Certificate);
    }

    /// <summary>The CA's certificate.</summary>
    public string Authority => _folder.PathOf("ca.pem");

    public string PathOf(string name) => _folder.PathOf(name);

    /// <summary>A certificate made <paramref name="daysAgo"/> days ago for <paramref name="days"/> days.</summary>
    public TlsFiles Make(string name, int daysAgo = 0, int days = 30)
    {
        PemPair made = CertificateMaker.CreateNode(
            _authority, name, ["127.0.0.1"], DateTimeOffset.UtcNow.AddDays(-daysAgo), days);
        return Write(name, made);
    }

    /// <summary>The same by hand: an RSA key, and a CA between that of the cluster and the node.</summary>
    public TlsFiles MakeRsaBelowIntermediate(string name)
    {
        using X509Certificate2 root = X509Certificate2.CreateFromPem(LongAuthority.Certificate, LongAuthority.Key);
        using var middleKey = RSA.Create(2048);
        var middle = new CertificateRequest(
            "CN=between", middleKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        middle.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset begin = DateTimeOffset.UtcNow.AddDays(-1);
        using X509Certificate2 bare = middle.Create(
            root.SubjectName, X509SignatureGenerator.CreateForECDsa(root.GetECDsaPrivateKey()!), begin,
            begin.AddDays(30), [1, 2, 3]);
        using X509Certificate2 signer = bare.CopyWithPrivateKey(middleKey);
        using var key = RSA.Create(2048);
        var leaf = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = leaf.Create(signer, begin, begin.AddDays(20), [4, 5, 6]);
        TlsFiles files = Write(name, new PemPair(
            $"{certificate.ExportCertificatePem()}\n{bare.ExportCertificatePem()}\n", key.ExportRSAPrivateKeyPem()));
        return files with { Ca = _folder.PathOf("long-ca.pem") };
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    /// <summary>A user's own CA, which may have others below it.</summary>
    private PemPair LongAuthority => _longAuthority ??= MakeLongAuthority();

    private PemPair MakeLongAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a CA of one's own", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 made = request.CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(60));
        File.WriteAllText(_folder.PathOf("long-ca.pem"), made.ExportCertificatePem());
        return new PemPair(made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private TlsFiles Write(string name, PemPair made)
    {
        var files = new TlsFiles(Authority, _folder.PathOf($"{name}.pem"), _folder.PathOf($"{name}-key.pem"));
        File.WriteAllText(files.Key, made.Key);
        File.WriteAllText(files.Certificate, made.Certificate);
        return files;
    }
}
