using JobNode.Security;
using JobNode.Tests.Support;

namespace JobNode.Tests.Security;

/// <summary>What PEM files a node takes, and what it says of those that it does not take.</summary>
public sealed class TlsMaterialTests : IDisposable
{
    private readonly CertificateFolder _folder = new();

    [Fact]
    public void Own_certificates_and_those_of_a_user_with_an_intermediate_and_rsa_are_taken()
    {
        Assert.Empty(TlsMaterial.Read(_folder.Make("a")).Own.IntermediateCertificates);
        TlsMaterial theirs = TlsMaterial.Read(_folder.MakeRsaBelowIntermediate("b"));
        Assert.Single(theirs.Own.IntermediateCertificates);
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused() =>
        Refuses(_folder.Make("a") with { Key = _folder.Make("b").Key }, "are not a certificate and its key");

    [Fact]
    public void A_certificate_of_another_authority_is_refused()
    {
        using var other = new CertificateFolder();
        Refuses(_folder.Make("a") with { Ca = other.Authority }, "is not of the cluster's CA");
    }

    [Fact]
    public void An_ended_certificate_is_refused() => Refuses(_folder.Make("a", daysAgo: 40, days: 30), "not now");

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Refuses(_folder.Make("a") with { Key = _folder.PathOf("nowhere.pem") }, "nowhere.pem does not exist");

    [Fact]
    public void A_file_without_a_certificate_is_named()
    {
        File.WriteAllText(_folder.PathOf("empty.pem"), "nothing\n");
        Refuses(_folder.Make("a") with { Ca = _folder.PathOf("empty.pem") }, "holds no certificate");
    }

    [Fact]
    public void A_locked_key_is_refused_with_the_way_to_unlock_it()
    {
        File.WriteAllText(_folder.PathOf("locked.pem"), "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
        Refuses(_folder.Make("a") with { Key = _folder.PathOf("locked.pem") }, "openssl pkey");
    }

    public void Dispose() => _folder.Dispose();

    private static void Refuses(TlsFiles files, string hint) => Assert.Contains(
        hint, Assert.Throws<IOException>(() => TlsMaterial.Read(files)).Message, StringComparison.Ordinal);
}
