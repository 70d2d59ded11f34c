using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using JobNode.Tests.Support;
using JobNode.Transport;

namespace JobNode.Tests.Transport;

/// <summary>Who may talk to a node over the cluster port.</summary>
public sealed class AdmissionTests : IDisposable
{
    private readonly CertificateFolder _certificates = new();
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Nodes_with_certificates_of_the_cluster_and_its_token_talk()
    {
        await using TestNode server = await ServerAsync(Token("the-token-of-this-cluster"));
        await using TestNode client = await NodeAsync(2, _certificates.Make("b"), Token("the-token-of-this-cluster"));
        Assert.Equal("hi", await TalkAsync(client, server));
        await using TestNode theirs = await NodeAsync(1, _certificates.MakeRsaBelowIntermediate("c"), null);
        await using TestNode other = await NodeAsync(2, _certificates.MakeRsaBelowIntermediate("d"), null);
        Serve(theirs);
        Assert.Equal("hi", await TalkAsync(other, theirs));
    }

    [Fact]
    public async Task A_node_with_a_certificate_of_another_authority_is_refused_and_refuses()
    {
        using var others = new CertificateFolder();
        await using TestNode server = await ServerAsync(null);
        await using TestNode client = await NodeAsync(2, others.Make("b"), null);
        IOException error = await Assert.ThrowsAnyAsync<IOException>(() => TalkAsync(client, server));
        Assert.Contains("is not of the cluster's CA", error.Message, StringComparison.Ordinal);

        // It would not talk to this node; one that believes anything is refused by this node, too.
        await DialAsync(server, others.Make("c"));
        await server.Log.WaitForAsync("(CN=c) is not of the cluster's CA");
    }

    [Fact]
    public async Task A_stranger_without_a_certificate_or_with_an_ended_one_is_refused()
    {
        await using TestNode server = await ServerAsync(null);
        await DialAsync(server, null);
        await server.Log.WaitForAsync("it shows no certificate");
        await DialAsync(server, _certificates.Make("old", daysAgo: 60, days: 30));
        await server.Log.WaitForAsync("is not valid now");
    }

    [Fact]
    public async Task A_node_without_the_token_or_with_another_is_refused_before_anything_else()
    {
        await using TestNode server = await ServerAsync(Token("the-token-of-this-cluster"));
        await using TestNode without = await NodeAsync(2, _certificates.Make("b"), null);
        PeerRefusedException none = await Assert.ThrowsAsync<PeerRefusedException>(() => TalkAsync(without, server));
        Assert.Contains("401", none.Message, StringComparison.Ordinal);
        Assert.Contains("--join-token-file", none.Message, StringComparison.Ordinal);
        await using TestNode wrong = await NodeAsync(3, _certificates.Make("c"), Token("the-token-of-another-one"));
        PeerRefusedException other = await Assert.ThrowsAsync<PeerRefusedException>(() => TalkAsync(wrong, server));
        Assert.Contains("a wrong join token", other.Message, StringComparison.Ordinal);
        await server.Log.WaitForAsync("it shows no join token");
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("the-token-of", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Encrypted_and_plain_nodes_are_told_apart()
    {
        await using TestNode secured = await ServerAsync(null);
        await using TestNode plain = await TestNode.StartAsync(2, TestNode.Cluster);
        Serve(plain);
        await Assert.ThrowsAnyAsync<IOException>(() => TalkAsync(plain, secured));
        await secured.Log.WaitForAsync("HTTP/2 without TLS");
        await Assert.ThrowsAnyAsync<IOException>(() => TalkAsync(secured, plain));
        await plain.Log.WaitForAsync("TLS, which this node was not told to");
    }

    [Theory]
    [InlineData(true, "it does not speak TLS but HTTP/1")]
    [InlineData(false, "it does not speak HTTP/2 but HTTP/1")]
    public async Task A_client_of_http_1_is_named_as_one(bool isSecured, string reason)
    {
        await using TestNode server =
            isSecured ? await ServerAsync(null) : await TestNode.StartAsync(1, TestNode.Cluster);
        using TcpClient socket = await ConnectAsync(server);
        await socket.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        Assert.Equal(0, await socket.GetStream().ReadAsync(new byte[10]));
        await server.Log.WaitForAsync(reason);
    }

    [Fact]
    public async Task New_files_count_for_new_connections_without_a_restart()
    {
        await using TestNode server = await ServerAsync(null);
        string before = await ShownByAsync(server);
        _certificates.Make("a");
        string after = before;
        for (int i = 0; i < 1000 && after == before; i++)
        {
            await Task.Delay(10);
            after = await ShownByAsync(server);
        }

        Assert.NotEqual(before, after);
        await server.Log.WaitForAsync("read the changed cluster certificate again");
    }

    public void Dispose()
    {
        _certificates.Dispose();
        _folder.Dispose();
    }

    private static async Task<string> TalkAsync(TestNode client, TestNode server)
    {
        await using DuplexStream stream = await client.Connections.OpenAsync(
            server.Address, "/hello", CancellationToken.None);
        byte[] said = new byte[2];
        await stream.Input.ReadExactlyAsync(said);
        return Encoding.ASCII.GetString(said);
    }

    private static void Serve(TestNode node) => node.Endpoint.MapForAnyone("/hello", async (_, stream, cancellation) =>
    {
        await stream.Output.WriteAsync("hi"u8.ToArray(), cancellation);
        await stream.Output.FlushAsync(cancellation);
    });

    /// <summary>Speaks TLS to the port as a stranger would, believes any server, waits to be thrown out.</summary>
    private static async Task DialAsync(TestNode server, TlsFiles? files)
    {
        using TcpClient socket = await ConnectAsync(server);
        await using var stream = new SslStream(socket.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(Stranger.Options(files));
            Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        }
        catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException)
        {
            // Both are a refusal; which one depends on how fast it comes.
        }
    }

    private async Task<string> ShownByAsync(TestNode server)
    {
        using TcpClient socket = await ConnectAsync(server);
        await using var stream = new SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(Stranger.Options(_certificates.Make("visitor")));
        return stream.RemoteCertificate!.GetSerialNumberString();
    }

    private static async Task<TcpClient> ConnectAsync(TestNode server)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(IPEndPoint.Parse(server.Address));
        return socket;
    }

    private string Token(string text)
    {
        string file = _folder.PathOf(Guid.NewGuid().ToString());
        File.WriteAllText(file, text);
        return file;
    }

    private async Task<TestNode> ServerAsync(string? tokenFile)
    {
        TestNode node = await NodeAsync(1, _certificates.Make("a"), tokenFile);
        Serve(node);
        return node;
    }

    private static Task<TestNode> NodeAsync(ulong id, TlsFiles files, string? tokenFile) => TestNode.StartAsync(
        id, TestNode.Cluster, 0, new SecurityOptions { Cluster = files, JoinTokenFile = tokenFile });
}
