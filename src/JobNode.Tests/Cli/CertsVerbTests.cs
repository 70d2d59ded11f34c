using JobNode.Security;
using JobNode.Tests.Api;
using JobNode.Tests.Support;

namespace JobNode.Tests.Cli;

/// <summary>Making certificates, and the flags about who may come in.</summary>
public sealed class CertsVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CliHarness _cli = new();

    [Fact]
    public async Task Made_certificates_work_and_nothing_is_replaced_unasked()
    {
        string folder = _folder.PathOf("certs");
        Assert.Equal(1, await RunAsync($"certs node a --dir {folder}"));
        Assert.Contains("jobnode certs init", _cli.Errors, StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync($"certs init --dir {folder}"));
        Assert.Equal(1, await RunAsync($"certs init --dir {folder}"));
        Assert.Contains("is not replaced", _cli.Errors, StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync($"certs node a --dir {folder} --address 10.0.0.1 --address a.example.org"));
        Assert.Contains("--cluster-cert a.pem --cluster-key a-key.pem", _cli.Output, StringComparison.Ordinal);
        var files = new TlsFiles(
            Path.Combine(folder, "ca.pem"), Path.Combine(folder, "a.pem"), Path.Combine(folder, "a-key.pem"));
        TlsMaterial first = TlsMaterial.Read(files);
        Assert.Equal(1, await RunAsync($"certs node a --dir {folder}"));
        Assert.Equal(0, await RunAsync($"certs node a --dir {folder} --replace"));
        Assert.NotEqual(
            first.Own.TargetCertificate.SerialNumber, TlsMaterial.Read(files).Own.TargetCertificate.SerialNumber);
        Assert.True(first.Own.TargetCertificate.MatchesHostname("a.example.org"));
        Assert.True(first.Own.TargetCertificate.MatchesHostname("10.0.0.1"));
        foreach (string key in (string[])["ca-key.pem", "a-key.pem"])
        {
            UnixFileMode mode = OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(Path.Combine(folder, key));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
        }
    }

    [Theory]
    [InlineData("serve --cluster-listen 10.0.0.1:5001", "--cluster-ca FILE --cluster-cert FILE --cluster-key FILE")]
    [InlineData("serve --cluster-listen 10.0.0.1:5001 --join-token-file t", "--cluster-ca FILE")]
    [InlineData("serve --listen 10.0.0.1:5000", "--api-token-file FILE")]
    [InlineData("serve --listen 10.0.0.1:5000 --api-cert a --api-key b", "--api-token-file FILE")]
    [InlineData("serve --cluster-key k", "add --cluster-ca and --cluster-cert")]
    public async Task What_others_can_reach_needs_certificates_and_tokens(string line, string hint)
    {
        Assert.Equal(2, await RunAsync(line));
        Assert.Contains(hint, _cli.Errors, StringComparison.Ordinal);
        Assert.Null(_cli.Served);
    }

    [Theory]
    [InlineData("serve --cluster-listen 10.0.0.1:5001 --cluster-ca c --cluster-cert a --cluster-key k")]
    [InlineData("serve --listen 10.0.0.1:5000 --api-token-file t")]
    [InlineData("serve --listen 10.0.0.1:5000 --cluster-listen 10.0.0.1:5001 --insecure")]
    public async Task With_them_or_with_the_word_insecure_it_starts(string line)
    {
        Assert.Equal(0, await RunAsync(line));
        Assert.NotNull(_cli.Served);
    }

    [Fact]
    public async Task Verbs_show_the_token_of_a_file_or_of_the_environment()
    {
        string tokens = _folder.PathOf("tokens");
        string mine = _folder.PathOf("mine");
        await File.WriteAllTextAsync(tokens, "the-one-token-there-is enqueue me\n");
        await File.WriteAllTextAsync(mine, "the-one-token-there-is\n");
        await using ApiHost host = await ApiHost.StartAsync(security: new SecurityOptions { ApiTokenFile = tokens });
        Assert.Equal(1, await RunAsync($"status --node {host.Url}"));
        Assert.Contains("JOBNODE_TOKEN", _cli.Errors, StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync($"status --node {host.Url} --token-file {mine}"));
        _cli.Variables["JOBNODE_TOKEN"] = "the-one-token-there-is";
        Assert.Equal(0, await RunAsync($"status --node {host.Url}"));
        Assert.Equal(1, await RunAsync($"pull --node {host.Url} --top 1"));
        Assert.Contains("scope pull", _cli.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("the-one-token", _cli.Errors + _cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbs_believe_an_https_node_of_the_authority_that_they_are_given()
    {
        using var certificates = new CertificateFolder();
        await using ApiHost host = await ApiHost.StartAsync(
            security: new SecurityOptions { Api = certificates.Make("a") });
        Assert.Equal(0, await RunAsync($"status --node 127.0.0.1:{host.Port} --ca {certificates.Authority}"));
        Assert.Equal(3, await RunAsync($"status --node https://127.0.0.1:{host.Port}"));
        Assert.Contains("--ca FILE", _cli.Errors, StringComparison.Ordinal);
        Assert.Equal(3, await RunAsync($"status --node localhost:{host.Port} --ca {certificates.Authority}"));
        Assert.Equal(3, await RunAsync($"status --node 127.0.0.1:{host.Port}"));
        Assert.Contains("write --node https://", _cli.Errors, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _cli.Dispose();
        _folder.Dispose();
    }

    private Task<int> RunAsync(string line) => _cli.RunAsync(line.Split(' '));
}
