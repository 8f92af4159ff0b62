using System.Net;
using System.Net.Sockets;
using ActorTrain.Actors.Security;

namespace ActorTrain.Actors.Bulk;

/// <summary>Waits for peers of the bulk path, and hands over those that show who they are and a known token.</summary>
public sealed class BulkListener : IDisposable
{
    private readonly Socket _socket;
    private readonly ClusterTls? _tls;
    private readonly Func<AttachRequest, ILinkOwner?> _attach;
    private readonly Action<string> _log;
    private readonly RefusalLog _refusals = new(TimeProvider.System);
    private readonly BulkSettings _settings;
    private readonly SharedMemory? _shared;
    private readonly HashSet<Socket> _unattached = [];
    private bool _isClosed;

    /// <summary>Begins to listen.</summary>
    /// <param name="host">Name or address of this machine.</param>
    /// <param name="port">0: any that is free; see <see cref="Port"/>.</param>
    /// <param name="tls">None: without TLS, for loopback addresses only.</param>
    /// <param name="attach">The owner of the link that the peer asks for, or none when the token is not known; called
    /// from many threads. A token is good once: forget it here.</param>
    /// <param name="log">Takes a line for a refused peer, once for an address and a reason.</param>
    /// <param name="settings">None: the defaults.</param>
    /// <param name="shared">Memory that peers on this machine may read from; none: all goes through sockets.</param>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public BulkListener(
        string host,
        int port,
        ClusterTls? tls,
        Func<AttachRequest, ILinkOwner?> attach,
        Action<string> log,
        BulkSettings? settings = null,
        SharedMemory? shared = null)
    {
        ClusterTls.CheckAllowed(host, tls);
        _tls = tls;
        _attach = attach;
        _log = log;
        _settings = settings ?? new();
        _shared = shared;
        _socket = Listen(host, port, _settings);
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        new Thread(AcceptAll) { IsBackground = true, Name = $"bulk port {Port}" }.Start();
    }

    /// <summary>The port that it listens on.</summary>
    public int Port { get; }

    /// <summary>Peers that are connected but have not shown a token yet.</summary>
    public int Unattached
    {
        get
        {
            lock (_unattached) return _unattached.Count;
        }
    }

    /// <summary>Ends listening and drops who is not attached yet; links stay with their owners.</summary>
    public void Dispose()
    {
        lock (_unattached)
        {
            _isClosed = true;
            foreach (var socket in _unattached) BulkSocket.Close(socket);
        }
        _socket.Dispose();
    }

    private static Socket Listen(string host, int port, BulkSettings settings)
    {
        Socket? socket = null;
        try
        {
            var address = BulkSocket.Resolve(host);
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            BulkSocket.Tune(socket, settings);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException($"can't listen on {host}:{port} for the bulk path: {e.Message}", e);
        }
    }

    private void AcceptAll()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = _socket.Accept();
            }
            catch (SocketException) when (!Volatile.Read(ref _isClosed))
            {
                // The peer was gone before it was accepted, or the process has no descriptors left for a moment.
                Thread.Sleep(10);
                continue;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
            Admit(socket);
        }
    }

    private void Admit(Socket socket)
    {
        if (AddressOf(socket) is not { } address || !TryCount(socket, address))
        {
            socket.Dispose();
            return;
        }
        new Thread(() => Serve(socket, address)) { IsBackground = true, Name = $"bulk in {address}" }.Start();
    }

    private bool TryCount(Socket socket, IPAddress address)
    {
        lock (_unattached)
        {
            if (_isClosed) return false;
            if (_unattached.Count < _settings.MaximumUnattached) return _unattached.Add(socket);
        }
        Refuse(address, $"{_settings.MaximumUnattached} peers are connected and not attached");
        return false;
    }

    private void Serve(Socket socket, IPAddress address)
    {
        BulkConnection? connection = null;
        try
        {
            connection = Attach(socket, address);
        }
        catch (Exception e)
        {
            Refuse(address, BulkSocket.Reason(e));
        }
        lock (_unattached) _unattached.Remove(socket);
        if (connection is null) socket.Dispose();
        else connection.Run();
    }

    private BulkConnection Attach(Socket socket, IPAddress address)
    {
        var isLate = false;
        using var deadline = new Timer(
            _ =>
            {
                Volatile.Write(ref isLate, true);
                BulkSocket.Close(socket);
            },
            null,
            _settings.AttachTimeout,
            Timeout.InfiniteTimeSpan);
        Wire? wire = null;
        try
        {
            BulkSocket.Tune(socket, _settings);
            wire = _tls is null
                ? new SocketWire(socket)
                : new TlsWire(_tls.AsServer(new NetworkStream(socket, ownsSocket: true), address));
            var reader = new FrameReader(wire);
            var request = ReadAttach(reader, address);
            var owner = _attach(request) ?? throw new FrameException("a token that is not known");
            return new BulkConnection(
                socket, wire, reader, owner, _settings, address.ToString(), _tls is null ? _shared : null,
                isListener: true);
        }
        catch (Exception e)
        {
            wire?.Dispose();
            if (!Volatile.Read(ref isLate)) throw;
            throw new FrameException($"not attached within {_settings.AttachTimeout.TotalSeconds:0.#} s", e);
        }
    }

    private void Refuse(IPAddress address, string reason) =>
        _refusals.Add(address.ToString(), reason, line => _log($"bulk path: {line}"));

    private static AttachRequest ReadAttach(FrameReader reader, IPAddress address)
    {
        if (!reader.TryReadHeader(out var header)) throw new FrameException("it went without a word");
        if (header.Kind != BulkKind.Attach) throw new FrameException($"{header.Kind} before it was attached");
        var payload = new byte[BulkHeader.AttachBytes];
        reader.ReadPayload(payload);
        return new(new Guid(payload.AsSpan(0, 16), bigEndian: true), BulkToken.Read(payload.AsSpan(16)), address);
    }

    private static IPAddress? AddressOf(Socket socket)
    {
        try
        {
            return ((IPEndPoint)socket.RemoteEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
