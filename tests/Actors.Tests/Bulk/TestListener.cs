using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Security;

namespace ActorTrain.Actors.Tests.Bulk;

/// <summary>A listener that knows one token, good once.</summary>
internal sealed class TestListener : IDisposable
{
    public static readonly Guid Run = new("00112233-4455-6677-8899-aabbccddeeff");

    private readonly BulkListener _listener;
    private int _tokens = 1;

    public TestListener(ClusterTls? tls = null, BulkSettings? settings = null, SharedMemory? shared = null)
    {
        _listener = new("127.0.0.1", 0, tls, Attach, Lines.Enqueue, settings, shared);
    }

    public BulkToken Token { get; } = BulkToken.Create();

    /// <summary>The owner of the link that shows the token.</summary>
    public TestOwner Owner { get; } = new();

    public ConcurrentQueue<string> Lines { get; } = [];

    public int Port => _listener.Port;

    public int Unattached => _listener.Unattached;

    /// <summary>Whether the token is still there.</summary>
    public bool IsUntouched => Volatile.Read(ref _tokens) == 1 && Owner.Closings == 0;

    public BulkConnection Connect(
        ILinkOwner owner, ClusterTls? tls = null, BulkToken? token = null, BulkSettings? settings = null,
        SharedMemory? shared = null) =>
        BulkConnection.Connect(
            "127.0.0.1", Port, tls, Run, token ?? Token, owner, CancellationToken.None, settings, shared);

    /// <summary>A peer that says whatever it likes.</summary>
    public Socket ConnectRaw(params byte[][] bytes)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, Port);
        foreach (var part in bytes) socket.Send(part);
        return socket;
    }

    public static byte[] Frame(BulkHeader header, params byte[] payload)
    {
        var frame = new byte[BulkHeader.Bytes + payload.Length];
        header.Write(frame);
        payload.CopyTo(frame, BulkHeader.Bytes);
        return frame;
    }

    public byte[] AttachFrame()
    {
        var payload = new byte[BulkHeader.AttachBytes];
        Run.TryWriteBytes(payload, bigEndian: true, out _);
        Token.Write(payload.AsSpan(16));
        return Frame(new BulkHeader(BulkKind.Attach, PayloadBytes: payload.Length), payload);
    }

    public void Dispose()
    {
        _listener.Dispose();
        if (!IsUntouched) Owner.Link.Dispose();
    }

    private TestOwner? Attach(AttachRequest request) =>
        request == new AttachRequest(Run, Token, IPAddress.Loopback) && Interlocked.Exchange(ref _tokens, 0) == 1
            ? Owner
            : null;
}
