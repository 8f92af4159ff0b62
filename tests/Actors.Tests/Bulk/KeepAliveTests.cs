using System.Globalization;
using System.Net.Sockets;
using ActorTrain.Actors.Bulk;

namespace ActorTrain.Actors.Tests.Bulk;

/// <summary>How a connection is noticed whose way was forgotten: by the system, on both ends.</summary>
[Collection(BulkTests.Name)]
public class KeepAliveTests
{
    private const string Established = "01";
    private const string KeepAliveTimer = "02";

    [Fact]
    public void A_silent_peer_is_asked_after_and_one_that_acknowledges_nothing_is_given_up()
    {
        using var socket = BulkSocket.Create(new()
        {
            KeepAliveTime = TimeSpan.FromSeconds(7),
            SilenceTimeout = TimeSpan.FromSeconds(22),
        });
        Assert.NotEqual(0, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal(7, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
        Assert.Equal(3, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval));
        Assert.Equal(5, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));
        if (!OperatingSystem.IsLinux()) return;
        var userTimeout = new byte[sizeof(int)];
        socket.GetRawSocketOption(6, 18, userTimeout);
        Assert.Equal(22_000, BitConverter.ToInt32(userTimeout));
    }

    [Fact]
    public void Both_ends_of_an_idle_link_ask()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the system's table of connections is Linux's");
        using var listener = new TestListener();
        using var link = listener.Connect(new TestOwner());
        Assert.NotNull(listener.Owner.Link);
        Assert.True(SpinWait.SpinUntil(() => TimersOf(listener.Port) is [KeepAliveTimer, KeepAliveTimer],
            TestOwner.Patience));
    }

    // A line: number, local and remote address with port, state, queues, timer and when it ends.
    private static string[] TimersOf(int port)
    {
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return [.. File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(line => line[1].EndsWith(suffix, StringComparison.Ordinal)
                || line[2].EndsWith(suffix, StringComparison.Ordinal))
            .Where(line => line[3] == Established)
            .Select(line => line[5].Split(':')[0])];
    }
}
