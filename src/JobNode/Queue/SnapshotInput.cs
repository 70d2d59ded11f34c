namespace JobNode.Queue;

/// <summary>Reads a stream in large pieces and hands out small ones without copying.</summary>
internal struct SnapshotInput(Stream source)
{
    private readonly Stream _source = source;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    /// <summary>True when no byte is left.</summary>
    public bool AtEnd
    {
        get
        {
            Fill(1);
            return _start == _end;
        }
    }

    /// <summary>The next bytes, valid until the next call.</summary>
    /// <exception cref="InvalidDataException">The stream ends before.</exception>
    public ReadOnlySpan<byte> Next(int count)
    {
        Fill(count);
        if (_end - _start < count)
        {
            throw new InvalidDataException($"snapshot: ends {count - (_end - _start)} bytes too early");
        }

        _start += count;
        return _buffer.AsSpan(_start - count, count);
    }

    private void Fill(int count)
    {
        if (_end - _start >= count)
        {
            return;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        _end += _source.ReadAtLeast(_buffer.AsSpan(_end), count - _end, throwOnEndOfStream: false);
    }
}
