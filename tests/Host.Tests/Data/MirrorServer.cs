using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorTrain.Host.Tests.Data;

/// <summary>How a mirror answers.</summary>
/// <param name="Contents">The whole file.</param>
/// <param name="CutAfter">It closes the connection after so many bytes of each answer; none: never.</param>
/// <param name="StallsAt">It sends nothing from this byte on, and keeps the connection; none: never.</param>
/// <param name="KnowsRanges">Whether it sends a part when asked for one.</param>
/// <param name="Status">Another status than success; none: success.</param>
internal sealed record MirrorAnswer(
    byte[] Contents, int? CutAfter = null, int? StallsAt = null, bool KnowsRanges = true,
    HttpStatusCode? Status = null);

/// <summary>HTTP mirrors on this machine that can misbehave: each is a folder of its own.</summary>
internal sealed class MirrorServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<string, MirrorAnswer> _answers = [];
    private readonly ConcurrentBag<TcpClient> _stalled = [];

    public MirrorServer()
    {
        _listener.Start();
        _ = Serve();
    }

    /// <summary>Every request: path, and where it began.</summary>
    public ConcurrentQueue<(string Path, long From)> Requests { get; } = new();

    /// <summary>Adds a mirror; an answer can be replaced by another.</summary>
    public Uri Mirror(string name, MirrorAnswer answer)
    {
        lock (_answers) _answers[name] = answer;
        return new($"http://{_listener.LocalEndpoint}/{name}/");
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var client in _stalled) client.Dispose();
    }

    private async Task Serve()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                if (await Answer(client.GetStream())) client.Dispose();
                else _stalled.Add(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }

    // False: the connection stays open.
    private async Task<bool> Answer(NetworkStream stream)
    {
        var (path, from) = await ReadRequest(stream);
        Requests.Enqueue((path, from));
        MirrorAnswer answer;
        lock (_answers) answer = _answers[path.Split('/')[1]];
        if (answer.Status is { } status)
        {
            await Head(stream, $"{(int)status} {status}", 0);
            return true;
        }
        var isRest = from > 0 && answer.KnowsRanges;
        if (isRest && from >= answer.Contents.Length)
        {
            await Head(stream, "416 RangeNotSatisfiable", 0);
            return true;
        }
        var body = isRest ? answer.Contents.AsMemory((int)from) : answer.Contents;
        await Head(
            stream, isRest ? "206 PartialContent" : "200 OK", body.Length,
            isRest
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"Content-Range: bytes {from}-{answer.Contents.Length - 1}/{answer.Contents.Length}\r\n")
                : "");
        var most = answer.StallsAt is { } stop ? (int)Math.Max(0, stop - from) : answer.CutAfter ?? int.MaxValue;
        await stream.WriteAsync(body[..Math.Min(body.Length, most)]);
        return answer.StallsAt is null;
    }

    private static async Task Head(NetworkStream stream, string status, int length, string range = "") =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{range}Connection: close\r\n\r\n"));

    private static async Task<(string Path, long From)> ReadRequest(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var path = (await reader.ReadLineAsync())!.Split(' ')[1];
        var from = 0L;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
                from = long.Parse(line["Range: bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
        }
        return (path, from);
    }
}
