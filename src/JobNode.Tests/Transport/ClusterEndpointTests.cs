using System.Net.Sockets;
using System.Text;
using JobNode.Commands;
using JobNode.Transport;

namespace JobNode.Tests.Transport;

public sealed class ClusterEndpointTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Both_directions_of_a_stream_flow_at_once()
    {
        await using TestNode server = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode client = await TestNode.StartAsync(2, TestNode.Cluster);
        var sender = new TaskCompletionSource<NodeId>();
        server.Endpoint.MapForMembers("/work", (from, stream, cancellation) =>
        {
            sender.SetResult(from);
            return EchoAsync(stream, cancellation);
        });

        await using DuplexStream stream = await client.Connections.OpenAsync(server.Member, "/work", None);
        var frames = new FrameStream(stream.Input, stream.Output);
        for (int i = 0; i < 3; i++)
        {
            byte[] sent = Encoding.UTF8.GetBytes($"frame {i}");
            await frames.WriteAsync(sent, None);
            await frames.FlushAsync(None);
            Assert.Equal(sent, await frames.ReadAsync(None));
        }

        Assert.Equal(new NodeId(2), await sender.Task);
    }

    [Fact]
    public async Task A_frame_of_megabytes_passes_both_ways()
    {
        await using TestNode server = await TestNode.StartAsync(1, TestNode.Cluster);
        server.Endpoint.MapForMembers("/work", (_, stream, cancellation) => EchoAsync(stream, cancellation));
        await using DuplexStream stream = await server.Connections.OpenAsync(server.Address, "/work", None);
        var frames = new FrameStream(stream.Input, stream.Output);
        byte[] sent = new byte[Limits.FrameBytesMax];
        new Random(7).NextBytes(sent);
        await frames.WriteAsync(sent, None);
        await frames.FlushAsync(None);
        Assert.Equal(sent, await frames.ReadAsync(None));
    }

    [Fact]
    public async Task An_answer_that_ends_before_the_question_began_is_still_read()
    {
        await using TestNode server = await TestNode.StartAsync(1, TestNode.Cluster);
        server.Endpoint.MapForAnyone("/hello", async (_, stream, cancellation) =>
        {
            await stream.Output.WriteAsync(new byte[] { 7 }, cancellation);
            await stream.Output.FlushAsync(cancellation);
        });

        async Task AskAsync()
        {
            await using DuplexStream stream = await server.Connections.OpenAsync(server.Address, "/hello", None);
            byte[] answer = new byte[1];
            await stream.Input.ReadExactlyAsync(answer, None);
            Assert.Equal(7, answer[0]);
        }

        for (int round = 0; round < 100; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AskAsync())).WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task Disposing_the_openers_side_ends_the_handlers_input()
    {
        await using TestNode server = await TestNode.StartAsync(1, TestNode.Cluster);
        var ended = new TaskCompletionSource();
        server.Endpoint.MapForMembers("/work", async (_, stream, cancellation) =>
        {
            try
            {
                await EchoAsync(stream, cancellation);
            }
            finally
            {
                ended.SetResult();
            }
        });
        DuplexStream stream = await server.Connections.OpenAsync(server.Address, "/work", None);
        await stream.DisposeAsync();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Stopping_the_endpoint_breaks_the_openers_stream()
    {
        await using TestNode client = await TestNode.StartAsync(2, TestNode.Cluster);
        TestNode server = await TestNode.StartAsync(1, TestNode.Cluster);
        server.Endpoint.MapForMembers("/work", (_, stream, cancellation) => EchoAsync(stream, cancellation));
        await using DuplexStream stream = await client.Connections.OpenAsync(server.Address, "/work", None);
        await server.DisposeAsync();
        Exception? error = await Record.ExceptionAsync(
            async () => await stream.Input.ReadExactlyAsync(new byte[1], None));
        Assert.IsAssignableFrom<IOException>(error);
    }

    [Fact]
    public async Task Another_cluster_is_refused_with_a_reason()
    {
        await using TestNode server = await TestNode.StartAsync(1, TestNode.Cluster);
        await using TestNode stranger = await TestNode.StartAsync(2, 43);
        server.Endpoint.MapForMembers("/work", (_, stream, cancellation) => EchoAsync(stream, cancellation));
        PeerRefusedException refusal = await Assert.ThrowsAsync<PeerRefusedException>(
            () => stranger.Connections.OpenAsync(server.Address, "/work", None));
        Assert.Contains("different clusters", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_without_a_cluster_serves_hello_only()
    {
        await using TestNode server = await TestNode.StartAsync(1, UInt128.Zero);
        server.Endpoint.MapForMembers("/work", (_, stream, cancellation) => EchoAsync(stream, cancellation));
        server.Endpoint.MapForAnyone("/hello", (_, stream, cancellation) => EchoAsync(stream, cancellation));
        await using DuplexStream hello = await server.Connections.OpenAsync(server.Address, "/hello", None);
        await Assert.ThrowsAsync<PeerRefusedException>(
            () => server.Connections.OpenAsync(server.Address, "/work", None));
    }

    [Fact]
    public async Task A_stream_meant_for_another_node_is_refused()
    {
        await using TestNode server = await TestNode.StartAsync(1, TestNode.Cluster);
        server.Endpoint.MapForMembers("/work", (_, stream, cancellation) => EchoAsync(stream, cancellation));
        PeerRefusedException refusal = await Assert.ThrowsAsync<PeerRefusedException>(
            () => server.Connections.OpenAsync(new Member(new NodeId(9), server.Address), "/work", None));
        Assert.Contains("belongs to another node", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_listening_is_an_io_exception()
    {
        await using TestNode client = await TestNode.StartAsync(2, TestNode.Cluster);
        TestNode gone = await TestNode.StartAsync(1, TestNode.Cluster);
        await gone.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => client.Connections.OpenAsync(gone.Address, "/work", None));
    }

    [Fact]
    public async Task Garbage_on_the_port_harms_nobody_else()
    {
        await using TestNode server = await TestNode.StartAsync(1, TestNode.Cluster);
        server.Endpoint.MapForMembers("/work", (_, stream, cancellation) => EchoAsync(stream, cancellation));
        var port = HostPort.Parse(server.Address);
        var random = new Random(11);
        for (int i = 0; i < 20; i++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(port.Host, port.Port);
            byte[] garbage = new byte[random.Next(1, 4096)];
            random.NextBytes(garbage);
            byte[] preface = i % 2 == 0
                ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray()
                : "GET / HTTP/1.1\r\n\r\n"u8.ToArray();
            await socket.GetStream().WriteAsync(preface);
            await socket.GetStream().WriteAsync(garbage);
        }

        await using DuplexStream stream = await server.Connections.OpenAsync(server.Address, "/work", None);
        var frames = new FrameStream(stream.Input, stream.Output);
        await frames.WriteAsync("still here"u8.ToArray(), None);
        await frames.FlushAsync(None);
        Assert.Equal("still here"u8.ToArray(), await frames.ReadAsync(None));
    }

    [Fact]
    public async Task A_handler_that_fails_resets_its_own_stream_only()
    {
        await using TestNode server = await TestNode.StartAsync(1, TestNode.Cluster);
        server.Endpoint.MapForMembers("/work", (_, stream, cancellation) => EchoAsync(stream, cancellation));
        server.Endpoint.MapForMembers("/bad", (_, _, _) => throw new InvalidOperationException("a bug"));
        await using DuplexStream good = await server.Connections.OpenAsync(server.Address, "/work", None);
        Exception? error = await Record.ExceptionAsync(async () =>
        {
            // The reset may come before or after the headers were read.
            await using DuplexStream bad = await server.Connections.OpenAsync(server.Address, "/bad", None);
            await bad.Input.ReadExactlyAsync(new byte[1], None);
        });
        Assert.IsAssignableFrom<IOException>(error);
        var frames = new FrameStream(good.Input, good.Output);
        await frames.WriteAsync("fine"u8.ToArray(), None);
        await frames.FlushAsync(None);
        Assert.Equal("fine"u8.ToArray(), await frames.ReadAsync(None));
    }

    private static async Task EchoAsync(DuplexStream stream, CancellationToken cancellation)
    {
        var frames = new FrameStream(stream.Input, stream.Output);
        while (await frames.ReadAsync(cancellation) is { } frame)
        {
            await frames.WriteAsync(frame, cancellation);
            await frames.FlushAsync(cancellation);
        }
    }
}
