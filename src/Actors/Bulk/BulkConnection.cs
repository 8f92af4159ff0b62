using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using ActorTrain.Actors.Security;

namespace ActorTrain.Actors.Bulk;

/// <summary>A link over one TCP connection, with a thread that receives and a thread that sends.</summary>
public sealed class BulkConnection : ILink
{
    private const string ClosedHere = "closed on this side";

    // A larger payload is left to the sending thread: its copy would keep the caller from other work.
    private const int MostBytesAtOnce = 1 << 16;

    private readonly Socket _socket;
#pragma warning disable CA2213 // the receiving thread disposes of it, when nobody reads or writes any more
    private readonly Wire _wire;
#pragma warning restore CA2213
    private readonly FrameReader _reader;
    private readonly FrameWriter _writer;
    private readonly SendQueue _queue;
    private readonly ILinkOwner _owner;
    private readonly BulkSettings _settings;
    private readonly string _peer;
    private readonly SharedMemory? _shared;
    private readonly bool _isListener;
#pragma warning disable CA2213 // as the wire
    private readonly PeerMemory _peerMemory = new();
#pragma warning restore CA2213
    private readonly byte[] _place = new byte[SharedPlace.Bytes];
    private int _probes;
    private volatile bool _isSharing;
    private string? _closingReason;
    private volatile bool _isLeaving;

    internal BulkConnection(
        Socket socket, Wire wire, FrameReader reader, ILinkOwner owner, BulkSettings settings, string peer,
        SharedMemory? shared, bool isListener)
    {
        (_shared, _isListener) = (shared, isListener);
        _socket = socket;
        _wire = wire;
        _reader = reader;
        _writer = new(wire);
        _queue = new(settings.QueueFrames);
        _owner = owner;
        _settings = settings;
        _peer = peer;
    }

    /// <inheritdoc/>
    public int Pending => _queue.Pending;

    /// <summary>Whether large payloads in shared memory are told to the peer, not sent.</summary>
    internal bool IsSharing => _isSharing;

    /// <summary>Connects and attaches. The listener's refusal shows as a link that is closed at once.</summary>
    /// <param name="host">Name or address of the listener; with TLS, its certificate must name it.</param>
    /// <param name="port">Of the listener.</param>
    /// <param name="tls">None: without TLS, for loopback addresses only.</param>
    /// <param name="run">The run's id.</param>
    /// <param name="token">From the run's server.</param>
    /// <param name="owner">Whose link it is; its calls may begin before this returns.</param>
    /// <param name="cancellationToken">Stops connecting; the link itself is stopped by disposing it.</param>
    /// <param name="settings">None: the defaults.</param>
    /// <param name="shared">
    /// Memory that a listener on this machine may read from; none: all goes through the socket.
    /// </param>
    /// <exception cref="IOException">No connection: nobody listens there, or its certificate is refused.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static BulkConnection Connect(
        string host,
        int port,
        ClusterTls? tls,
        Guid run,
        BulkToken token,
        ILinkOwner owner,
        CancellationToken cancellationToken,
        BulkSettings? settings = null,
        SharedMemory? shared = null)
    {
        settings ??= new();
        ClusterTls.CheckAllowed(host, tls);
        var socket = BulkSocket.Create(settings);
        try
        {
            using var stop = cancellationToken.Register(() => BulkSocket.Close(socket));
            using var deadline = new Timer(
                _ => BulkSocket.Close(socket), null, settings.AttachTimeout, Timeout.InfiniteTimeSpan);
            socket.Connect(host, port);
            Wire wire = tls is null
                ? new SocketWire(socket)
                : new TlsWire(tls.AsClient(new NetworkStream(socket, ownsSocket: true), host));
            var attach = new byte[BulkHeader.AttachBytes];
            run.TryWriteBytes(attach, bigEndian: true, out var written);
            token.Write(attach.AsSpan(written));
            var connection = new BulkConnection(socket, wire, new(wire), owner, settings, $"{host}:{port}",
                IsLocal(socket) && tls is null ? shared : null, isListener: false);
            connection.Send(new BulkHeader(BulkKind.Attach, PayloadBytes: attach.Length), attach);
            connection.OfferMemory();
            connection.Start();
            return connection;
        }
        catch (Exception e) when (
            e is IOException or SocketException or AuthenticationException or ObjectDisposedException)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new IOException($"no bulk connection to {host}:{port}: {BulkSocket.Reason(e)}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Send(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.PayloadBytes != payload.Length)
            throw new ArgumentException(
                $"BulkConnection.Send: the header says {header.PayloadBytes} bytes, the payload has {payload.Length}.",
                nameof(payload));
        if (_isSharing && _shared!.PlaceOf(payload.Span) is { } place)
            Send(header with { IsShared = true }, place.ToBytes(), isLast: false);
        else
            Send(header, payload, isLast: false);
    }

    // Three frames: the connecting side's offer, the other's if it can read there, and, if the first can too, its offer
    // again. Whoever can't read says nothing, and all goes through the socket.
    private void OfferMemory()
    {
        if (_shared is not null)
            Send(
                new BulkHeader(BulkKind.SharedMemory, PayloadBytes: SharedPlace.Bytes), _shared.Probe.ToBytes(),
                isLast: false);
    }

    private void TakeOffer()
    {
        _reader.ReadPayload(_place);
        if (_shared is null || !_peerMemory.CanRead(SharedPlace.Read(_place))) return;
        if (++_probes == 1) OfferMemory();
        _isSharing |= !_isListener || _probes > 1;
    }

    private static bool IsLocal(Socket socket) =>
        socket.RemoteEndPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address);

    /// <inheritdoc/>
    public void Leave()
    {
        _isLeaving = true;
        Send(new BulkHeader(BulkKind.Bye), default, isLast: true);
        _ = Task.Delay(_settings.FarewellTimeout).ContinueWith(_ => Close(ClosedHere), TaskScheduler.Default);
    }

    private void Send(in BulkHeader header, ReadOnlyMemory<byte> payload, bool isLast)
    {
        switch (_queue.Add(header, payload, isLast, payload.Length <= MostBytesAtOnce))
        {
            case SendQueue.Addition.WriteNow:
                WriteNow(header, payload);
                break;
            case SendQueue.Addition.Full:
                Close($"stuck: {_settings.QueueFrames} frames wait to be sent");
                break;
            case SendQueue.Addition.Waits or SendQueue.Addition.Dropped:
                break;
        }
    }

    // The caller's thread is awake: to wake another one for a small frame costs more than to write it here.
    private void WriteNow(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        try
        {
            _writer.Begin(header, payload);
            _writer.TryFinish();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Close(BulkSocket.Reason(e));
        }
        _queue.Written(_writer.IsDone);
    }

    /// <summary>
    /// Closes the link at once: frames that wait are dropped. The owner is told by the receiving thread, after this
    /// returned or before.
    /// </summary>
    public void Dispose() => Close(ClosedHere);

    private void Start() => new Thread(Run) { IsBackground = true, Name = $"bulk in {_peer}" }.Start();

    // On the receiving thread, to its end.
    internal void Run()
    {
        var sender = new Thread(SendAll) { IsBackground = true, Name = $"bulk out {_peer}" };
        sender.Start();
        using (new Timer(_ => CloseIfStill(), null, _settings.FrameTimeout / 4, _settings.FrameTimeout / 4))
        {
            try
            {
                _owner.Opened(this);
                while (_closingReason is null && !_isLeaving) ReceiveOne();
                while (_closingReason is null && _reader.TrySkip())
                {
                }
                Close(ClosedHere);
            }
            catch (Exception e)
            {
                Close(BulkSocket.Reason(e));
            }
            sender.Join();
        }
        _wire.Dispose();
        _peerMemory.Dispose();
        _owner.Closed(_closingReason!);
    }

    private void ReceiveOne()
    {
        if (!_reader.TryReadHeader(out var header))
        {
            Close("the peer closed the connection");
            return;
        }
        if (header.Kind == BulkKind.SharedMemory)
        {
            TakeOffer();
            return;
        }
        var frame = header with { IsShared = false };
        if (!_owner.TryPlace(frame, out var place, out var refusal))
            throw new FrameException(refusal ?? $"an unexpected {frame.Kind}");
        if (place.Length != frame.PayloadBytes)
            throw new FrameException($"{frame.Kind} with {frame.PayloadBytes} bytes, not {place.Length}");
        if (header.IsShared) CopyShared(place.Span);
        else _reader.ReadPayload(place.Span);
        if (_closingReason is null && !_isLeaving) _owner.Arrived(frame, place);
    }

    private void CopyShared(Span<byte> place)
    {
        if (_shared is null) throw new FrameException("a payload in shared memory, which was not agreed");
        _reader.ReadPayload(_place);
        _peerMemory.Read(SharedPlace.Read(_place), place);
    }

    private void SendAll()
    {
        try
        {
            while (_queue.Take(out var header, out var payload) is var turn and not SendQueue.Turn.Nothing)
            {
                if (turn == SendQueue.Turn.Frame) _writer.Begin(header, payload);
                _writer.Finish();
            }
            BulkSocket.EndSending(_socket);
        }
        catch (Exception e)
        {
            Close(BulkSocket.Reason(e));
            _queue.Written(isDone: false);
        }
    }

    private void CloseIfStill()
    {
        if (Math.Max(_reader.StandingStillMs, _writer.StandingStillMs) > _settings.FrameTimeout.TotalMilliseconds)
            Close($"a frame stood still for {_settings.FrameTimeout.TotalSeconds:0.#} s");
    }

    private void Close(string reason)
    {
        // What a link that was left ends with is no news.
        if (Interlocked.CompareExchange(ref _closingReason, _isLeaving ? ClosedHere : reason, null) is not null) return;
        _queue.Close();
        BulkSocket.Close(_socket);
    }
}
