using System.Net;
using System.Net.Sockets;
using ActorTrain.Actors.Bulk;

namespace ActorTrain.Actors;

/// <summary>
/// Whether a node can listen where it is to, asked before anything is started: what Akka says about it is not for
/// people, and ends the process.
/// </summary>
public static class NodePorts
{
    /// <summary>Why not, as a sentence with what to do; none: it can.</summary>
    /// <param name="settings">Without <see cref="ClusterSettings.Errors"/>.</param>
    public static string? Trouble(ClusterSettings settings)
    {
        var trouble = Trouble(settings.Host, settings.Port, "--port");
        var listensForBulk = settings.Transport == BulkTransport.Tcp
            && (settings.Roles.Contains(ClusterSettings.ServerRole) || settings.IsAggregator
                || settings.Roles.Contains(ClusterSettings.HolderRole));
        return trouble is null && listensForBulk ? Trouble(settings.Host, settings.BulkPort, "--bulk-port") : trouble;
    }

    private static string? Trouble(string host, int port, string option)
    {
        try
        {
            using var listener = new TcpListener(new IPEndPoint(BulkSocket.Resolve(host), port));
            listener.Start();
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressNotAvailable
            or SocketError.HostNotFound)
        {
            return $"'{host}' is no address of this machine; give one that it has (--host).";
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return $"port {port} at {host} is in use; give another one ({option}), or stop the process that listens "
                + "there.";
        }
        catch (SocketException e)
        {
            return $"port {port} at {host} can not be listened on: {e.Message}; give another one ({option}).";
        }
    }
}
