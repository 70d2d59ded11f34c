using System.Net;
using System.Net.Sockets;
using JobNode.Load;

namespace JobNode.Bench.Peers;

/// <summary>One connection and a buffer that grows: what the clients of the peers' own protocols are made of.</summary>
internal abstract class SocketClient(int port) : ILoadClient
{
    private Socket? _socket;
    private byte[] _buffer = new byte[4096];
    private int _from;
    private int _to;

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        _socket?.Dispose();
        (_from, _to) = (0, 0);
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
        await GreetAsync();
    }

    /// <inheritdoc/>
    public abstract ValueTask<LoadOutcome> CallAsync();

    /// <inheritdoc/>
    public void Cut() => _socket?.Dispose();

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    /// <summary>What the protocol says before the first call.</summary>
    protected abstract Task GreetAsync();

    /// <summary>Sends all of it.</summary>
    protected async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket!.SendAsync(bytes)..];
        }
    }

    /// <summary>The next line without its end; valid until the next read.</summary>
    protected async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync()
    {
        int length;
        while ((length = _buffer.AsSpan(_from, _to - _from).IndexOf("\r\n"u8)) < 0)
        {
            await FillAsync();
        }

        _from += length + 2;
        return _buffer.AsMemory(_from - length - 2, length);
    }

    /// <summary>So many bytes; valid until the next read.</summary>
    protected async ValueTask<ReadOnlyMemory<byte>> ReadBytesAsync(int count)
    {
        while (_to - _from < count)
        {
            await FillAsync();
        }

        _from += count;
        return _buffer.AsMemory(_from - count, count);
    }

    private async ValueTask FillAsync()
    {
        if (_from > 0)
        {
            _buffer.AsSpan(_from.._to).CopyTo(_buffer);
            (_from, _to) = (0, _to - _from);
        }

        if (_to == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int got = await _socket!.ReceiveAsync(_buffer.AsMemory(_to));
        _to += got > 0 ? got : throw new IOException("the server closed the connection");
    }
}
