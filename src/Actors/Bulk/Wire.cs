using System.Net.Security;
using System.Net.Sockets;

namespace ActorTrain.Actors.Bulk;

/// <summary>The bytes of a connection, each way: one thread reads, one at a time writes.</summary>
/// <remarks>All methods throw an <see cref="IOException"/> when the connection is gone.</remarks>
internal abstract class Wire : IDisposable
{
    /// <summary>Waits for bytes.</summary>
    /// <returns>How many; 0: the peer has ended.</returns>
    public abstract int Read(Span<byte> place);

    /// <summary>Writes as many bytes as can go without waiting.</summary>
    /// <returns>How many.</returns>
    public abstract int TryWrite(ReadOnlySpan<byte> bytes);

    /// <summary>Waits until at least one byte could be written.</summary>
    /// <returns>How many.</returns>
    public abstract int Write(ReadOnlySpan<byte> bytes);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>A plain socket. It does not block, so that a frame's sender can give it what it takes at once.</summary>
internal sealed class SocketWire : Wire
{
    private readonly Socket _socket;

    public SocketWire(Socket socket)
    {
        _socket = socket;
        socket.Blocking = false;
    }

    public override int Read(Span<byte> place)
    {
        while (true)
        {
            var read = _socket.Receive(place, SocketFlags.None, out var error);
            if (error == SocketError.Success) return read;
            if (error != SocketError.WouldBlock) throw Gone(error);
            _socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead);
        }
    }

    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        var written = _socket.Send(bytes, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => written,
            SocketError.WouldBlock => 0,
            _ => throw Gone(error),
        };
    }

    public override int Write(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var written = TryWrite(bytes);
            if (written > 0) return written;
            _socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectWrite);
        }
    }

    public override void Dispose() => _socket.Dispose();

    private static IOException Gone(SocketError error)
    {
        var inner = new SocketException((int)error);
        return new IOException(inner.Message, inner);
    }
}

/// <summary>TLS, which only knows how to wait.</summary>
internal sealed class TlsWire(SslStream stream) : Wire
{
    // How much goes out at once, and so must move within the frame timeout.
    private const int ChunkBytes = 1 << 20;

    public override int Read(Span<byte> place) => stream.Read(place);

    public override int TryWrite(ReadOnlySpan<byte> bytes) => 0;

    public override int Write(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, ChunkBytes)];
        stream.Write(bytes);
        return bytes.Length;
    }

    public override void Dispose() => stream.Dispose();
}
