using System.Net;
using System.Net.Sockets;

namespace ActorTrain.Actors.Bulk;

/// <summary>
/// Sockets of the bulk path. No asynchronous call is made on them: after the first one the runtime serves all calls
/// through its event loop, with a change of thread for each.
/// </summary>
internal static class BulkSocket
{
    // IPPROTO_TCP and TCP_USER_TIMEOUT of Linux.
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;

    // Questions to a peer that has said nothing, before it counts as gone.
    private const int KeepAliveProbes = 5;

    /// <summary>A socket for one peer.</summary>
    public static Socket Create(BulkSettings settings)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        Tune(socket, settings);
        return socket;
    }

    /// <summary>
    /// Frames leave at once, most of one fits into the buffers, and a way that is gone without a word is noticed.
    /// </summary>
    public static void Tune(Socket socket, BulkSettings settings)
    {
        socket.NoDelay = true;
        socket.SendBufferSize = settings.SocketBufferBytes;
        socket.ReceiveBufferSize = settings.SocketBufferBytes;
        KeepAlive(socket, settings);
    }

    // Nobody asks whether the peer is there while something is unacknowledged: that has a timeout of its own, without
    // which the system tries for a quarter of an hour.
    private static void KeepAlive(Socket socket, BulkSettings settings)
    {
        var (idle, timeout) = ((int)settings.KeepAliveTime.TotalSeconds, (int)settings.SilenceTimeout.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, idle);
        socket.SetSocketOption(
            SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval,
            Math.Max(1, (timeout - idle) / KeepAliveProbes));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, BitConverter.GetBytes(1000 * timeout));
    }

    /// <summary>Ends one direction: the peer reads what was sent before, and then the end.</summary>
    public static void EndSending(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already: then there is nobody to tell.
        }
    }

    /// <summary>Ends both directions, which wakes who waits. Whoever owns the socket disposes of it.</summary>
    public static void Close(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already, or not connected yet: then only this wakes who waits.
            socket.Dispose();
        }
    }

    /// <summary>The address that a listener's host means.</summary>
    public static IPAddress Resolve(string host) =>
        IPAddress.TryParse(host, out var address) ? address : Dns.GetHostAddresses(host)[0];

    /// <summary>Why a connection ended, in words for a log.</summary>
    public static string Reason(Exception e) => e switch
    {
        FrameException or EndOfStreamException => e.Message,
        IOException { InnerException: SocketException inner } => inner.Message,
        IOException or SocketException or System.Security.Authentication.AuthenticationException => e.Message,
        ObjectDisposedException => "the connection is closed",
        _ => $"{e.GetType().Name}: {e.Message}",
    };
}
