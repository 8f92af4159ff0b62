using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Security;
using ActorTrain.Benchmarks.Report;
using ActorTrain.CostModel;

namespace ActorTrain.Benchmarks.Scaling;

/// <summary>
/// What frames of the bulk connection cost two processes on loopback: the processor's time at either end, the caller's,
/// and what is left of a round trip besides.
/// </summary>
/// <param name="Send">At the end that sends.</param>
/// <param name="Receive">At the end that receives.</param>
/// <param name="Queue">Of the caller who leaves a large frame to the sending thread.</param>
/// <param name="Latency">From one end to the other beyond both ends' time.</param>
/// <param name="Wake">What comes to it where the other end has slept for some time.</param>
/// <param name="BytesPerMicrosecond">One way, as fast as they go.</param>
internal sealed record LinkCosts(
    FrameCost Send, FrameCost Receive, double Queue, double Latency, double Wake, double BytesPerMicrosecond)
{
    private const int RoundTrips = 4000;
    private const int FramesAtOnce = 16;
    private static readonly TimeSpan LongSleep = TimeSpan.FromMicroseconds(500);
    private const long LargeBytes = 1L << 30;
    private static readonly Guid Run = Guid.Empty;
    private static readonly BulkToken Token = new(1);

    /// <summary>Measures with a process of its own at the other end.</summary>
    /// <param name="frameBytes">Of a large frame.</param>
    /// <param name="isSecured">With TLS, as between machines.</param>
    public static LinkCosts Measure(int frameBytes, bool isSecured)
    {
        using var folder = new TemporaryFolder();
        if (isSecured) WriteIdentity(folder.Path);
        using var other = OtherProcess.Start("link-echo", isSecured ? folder.Path : "-");
        var port = int.Parse(other.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        var owner = new Owner();
        using var link = BulkConnection.Connect(
            "127.0.0.1", port, isSecured ? Tls(folder.Path) : null, Run, Token, owner, CancellationToken.None);
        var costs = Measure(owner, other, frameBytes);
        other.StandardInput.Close();
        other.WaitForExit();
        return costs;
    }

    /// <summary>The other process: receives, answers orders, and tells the processor time that it has used.</summary>
    /// <param name="folder">With certificates; <c>-</c>: without TLS.</param>
    public static void Echo(string folder)
    {
        using var listener = new BulkListener(
            "127.0.0.1", 0, folder == "-" ? null : Tls(folder), _ => new Owner { IsEcho = true },
            Console.Error.WriteLine);
        Console.WriteLine(listener.Port);
        while (Console.ReadLine() is not null)
            Console.WriteLine(
                Environment.CpuUsage.TotalTime.TotalMicroseconds.ToString("F0", CultureInfo.InvariantCulture));
    }

    private static void WriteIdentity(string folder)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authority = CertificateAuthority.Create(now.AddDays(-1), now.AddDays(1));
        using var certificate = authority.Issue(["127.0.0.1"], now.AddDays(-1), now.AddDays(1));
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(Path.Combine(folder, "ca.pem"), authority.Certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "node.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "node-key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private static ClusterTls Tls(string folder) => new(
        ClusterIdentity.Load(
            Path.Combine(folder, "ca.pem"), Path.Combine(folder, "node.pem"), Path.Combine(folder, "node-key.pem")),
        TimeProvider.System);

    private static LinkCosts Measure(Owner owner, Process other, int frameBytes)
    {
        var frame = new FloatBytes(AlignedMemory.Allocate(frameBytes / sizeof(float))).Memory;
        Trips(RoundTrips, 0);
        var small = Trips(RoundTrips, 0);
        var trips = (int)Math.Max(4, LargeBytes / (FramesAtOnce * (long)frame.Length));
        Trips(trips / 4, FramesAtOnce);
        var large = Trips(trips, FramesAtOnce);
        var bytes = trips * FramesAtOnce * (double)frame.Length;
        var slept = owner.Trips(RoundTrips / 4, default, frames: 0, LongSleep);
        // One frame at a time: the sending thread sleeps, as it does between two steps.
        owner.Trips(RoundTrips / 4, frame[..Math.Min(frame.Length, 1 << 17)], frames: 1);
        // Each end sends one and receives one.
        var each = (small.Here + small.There) / (4 * RoundTrips);
        return new(
            new(each, (large.Here - (2 * each * trips)) / bytes), new(each, (large.There - (2 * each * trips)) / bytes),
            owner.QueueMicroseconds, Math.Max(0, (small.Median / 2) - (2 * each)), Math.Max(0, slept - small.Median),
            bytes / large.Elapsed);

        (double Here, double There, double Median, double Elapsed) Trips(int count, int frames)
        {
            var (here, there, start) = (Environment.CpuUsage.TotalTime, ThereNow(), Stopwatch.GetTimestamp());
            var median = owner.Trips(count, frame, frames);
            var elapsed = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            return ((Environment.CpuUsage.TotalTime - here).TotalMicroseconds, ThereNow() - there, median, elapsed);
        }

        double ThereNow()
        {
            other.StandardInput.WriteLine();
            return double.Parse(other.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        }
    }

    private sealed class Owner : ILinkOwner
    {
        private readonly TaskCompletionSource _opened = new();
        private readonly List<double> _trips = [];
        private readonly List<double> _queue = [];
        private TaskCompletionSource _end = new();
        private ILink? _link;
        private ReadOnlyMemory<byte> _frame;
        private Memory<byte> _place;
        private int _frames;
        private int _left;
        private TimeSpan _pause;
        private long _start;

        public bool IsEcho { get; init; }

        public double QueueMicroseconds => new Figures(_queue).Median;

        /// <summary>
        /// Round trips of some large frames, an order behind them, and its echo; each begins in the receiving thread,
        /// which is busy for a pause before.
        /// </summary>
        public double Trips(int count, ReadOnlyMemory<byte> frame, int frames, TimeSpan pause = default)
        {
            _opened.Task.Wait();
            (_left, _frame, _frames, _pause, _end) = (count, frame, frames, pause, new());
            _trips.Clear();
            _queue.Clear();
            Begin();
            _end.Task.Wait();
            return new Figures(_trips).Median;
        }

        public void Opened(ILink link)
        {
            _link = link;
            _opened.SetResult();
        }

        public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
        {
            if (_place.Length < header.PayloadBytes)
                _place = new FloatBytes(AlignedMemory.Allocate(header.PayloadBytes / sizeof(float))).Memory;
            (place, refusal) = (_place[..header.PayloadBytes], null);
            return true;
        }

        public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
        {
            if (header.Kind != BulkKind.Order) return;
            if (IsEcho)
            {
                _link!.Send(header, default);
                return;
            }
            _trips.Add(Stopwatch.GetElapsedTime(_start).TotalMicroseconds);
            if (--_left > 0) Begin();
            else _end.SetResult();
        }

        public void Closed(string reason)
        {
        }

        private void Begin()
        {
            for (_start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(_start) < _pause;) Thread.SpinWait(10);
            _start = Stopwatch.GetTimestamp();
            for (var i = 0; i < _frames; i++)
            {
                var before = Stopwatch.GetTimestamp();
                _link!.Send(new(BulkKind.Weights, BulkEncoding.Float32, PayloadBytes: _frame.Length), _frame);
                _queue.Add(Stopwatch.GetElapsedTime(before).TotalMicroseconds);
            }
            _link!.Send(new(BulkKind.Order), default);
        }
    }
}
