using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// The server's end of the link to one worker node: takes answers that were asked for, and nothing else, straight into
/// memory that the server sums from. Called by the link's receiving thread, but for <see cref="Expect"/>.
/// </summary>
/// <param name="id">The node, as the server knows it.</param>
/// <param name="plan">The run's plan.</param>
/// <param name="actor">Stands for the node.</param>
/// <param name="server">The parameter server.</param>
/// <param name="isSplit">True: its gradients go to the holders of ranges; what comes here is their sums' rest.</param>
internal sealed class WorkerLink(
    ShardId id, TrainingPlan plan, IActorRef actor, IActorRef server, bool isSplit = false) : ILinkOwner
{
    private readonly Dictionary<WorkKey, int> _expected = [];
    private readonly VersionedBuffers _vectors = new(plan.Recipe.Model.Layout.Count);
    private readonly byte[] _confusion = new byte[BulkWork.ConfusionBytes(plan)];
    private readonly byte[] _reason = new byte[BulkHeader.FailureBytes];
    private readonly byte[] _encoded = plan.Recipe.Compression is NoCompression
        ? []
        : new byte[plan.Recipe.Compression.EncodedBytes(plan.Recipe.Model.Layout.Count)];
    private readonly List<FlatVector> _moments = [];
    private ReceiveBuffer? _vector;
    private (WorkKey Key, ReceiveBuffer Vector, int From)? _streamed;

    /// <summary>An order is about to be sent: its answer may come. From any thread.</summary>
    public void Expect(WorkOrder order)
    {
        lock (_expected) _expected[order.Key] = order is LocalStepsOrder o ? o.Steps : 0;
    }

    /// <inheritdoc/>
    public void Opened(ILink link) => actor.Tell(new RemoteNodeActor.LinkOpened(link));

    /// <inheritdoc/>
    public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
    {
        (place, refusal) = (default, null);
        if (header.Kind == BulkKind.Bye) return true;
        var key = BulkWork.KeyOf(header);
        if (!IsExpected(key))
        {
            refusal = $"{header.Kind} for {key}, which was not asked for";
            return false;
        }
        switch (header.Kind)
        {
            case BulkKind.GradientAnswer when isSplit && key.Kind == WorkKind.Gradient && header.PayloadBytes == 0:
                return true;
            case BulkKind.GradientPart when !isSplit && key.Kind == WorkKind.Gradient && _encoded.Length == 0
                && TryContinue(key, header):
                place = _streamed!.Value.Vector.Place.Slice(header.Offset * sizeof(float), header.PayloadBytes);
                return true;
            case BulkKind.GradientAnswer when key.Kind == WorkKind.Gradient && IsRestOf(key, header):
                _vector = _streamed!.Value.Vector;
                place = _vector.Place[..header.PayloadBytes];
                return true;
            case BulkKind.GradientAnswer when !isSplit && key.Kind == WorkKind.Gradient && IsGradient(header):
                _vector = _vectors.Take(key.Incarnation, key.Version);
                place = _encoded.Length > 0 ? _encoded : _vector.Place;
                return true;
            case BulkKind.Moments when key.Kind == WorkKind.LocalSteps && IsVector(header)
                && _moments.Count < plan.UpdateRule.MomentCount:
            case BulkKind.LocalStepsAnswer when key.Kind == WorkKind.LocalSteps && IsVector(header)
                && _moments.Count == plan.UpdateRule.MomentCount:
                _vector = _vectors.Take(key.Incarnation, key.Version);
                place = _vector.Place;
                return true;
            case BulkKind.EvaluationAnswer when key.Kind == WorkKind.Evaluation
                && header.PayloadBytes == _confusion.Length:
                place = _confusion;
                return true;
            case BulkKind.Failure:
                place = _reason.AsMemory(0, header.PayloadBytes);
                return true;
            default:
                refusal = $"{header.Kind} of {header.PayloadBytes} bytes from element {header.Offset} on for {key}";
                return false;
        }
    }

    /// <inheritdoc/>
    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.Kind == BulkKind.Bye)
        {
            actor.Tell(new RemoteNodeActor.CloseLink("it left"));
            return;
        }
        if (header.Kind == BulkKind.Moments)
        {
            _moments.Add(_vector!.Vector);
            return;
        }
        if (header.Kind == BulkKind.GradientPart) return;
        _streamed = null;
        var key = BulkWork.KeyOf(header);
        int steps;
        lock (_expected) _expected.Remove(key, out steps);
        var computing = TimeSpan.FromMicroseconds(header.Offset);
        TrainingProtocol.IMessage message = header.Kind switch
        {
            BulkKind.GradientAnswer => new TrainingProtocol.WorkDone(id, new GradientAnswer(key, new(
                isSplit ? default : new(plan.Recipe.Model.Layout, Gradient(payload.Span)),
                header.LossSum, header.Correct, header.Rows))
            {
                Computing = computing,
            }),
            BulkKind.LocalStepsAnswer => new TrainingProtocol.WorkDone(id, new LocalStepsAnswer(
                key, _vector!.Vector, new(key.Version + steps, TakeMoments()),
                new(header.LossSum, header.Correct, header.Rows))
            {
                Computing = computing,
            }),
            BulkKind.EvaluationAnswer => new TrainingProtocol.WorkDone(id, new EvaluationAnswer(key, new(
                header.LossSum, MemoryMarshal.Cast<byte, int>(payload.Span).ToArray(), plan.Data.Classes))),
            _ => new TrainingProtocol.WorkThrew(id, key, Encoding.UTF8.GetString(payload.Span)),
        };
        server.Tell(message, actor);
    }

    /// <inheritdoc/>
    public void Closed(string reason) => actor.Tell(new RemoteNodeActor.LinkClosed(reason));

    private bool IsVector(in BulkHeader header) =>
        header.PayloadBytes == plan.Recipe.Model.Layout.Count * sizeof(float);

    private bool IsGradient(in BulkHeader header) => header.Encoding == BulkWork.EncodingOf(plan.Recipe.Compression)
        && (_encoded.Length > 0 ? header.PayloadBytes == _encoded.Length : IsVector(header));

    // Pieces come from the end on. One that ends the vector begins anew: what the node sent before, it will not finish.
    private bool TryContinue(WorkKey key, in BulkHeader header)
    {
        var count = plan.Recipe.Model.Layout.Count;
        var end = header.Offset + ((long)header.PayloadBytes / sizeof(float));
        if (header.PayloadBytes % sizeof(float) != 0 || header.Offset == 0) return false;
        if (end == count) _streamed = (key, VectorFor(key), header.Offset);
        else if (_streamed is { } streamed && streamed.Key == key && end == streamed.From)
            _streamed = streamed with { From = header.Offset };
        else return false;
        return true;
    }

    // Memory of an answer that did not come to its end serves the next one of its version.
    private ReceiveBuffer VectorFor(WorkKey key) =>
        _streamed is { } streamed && (streamed.Key.Incarnation, streamed.Key.Version) == (key.Incarnation, key.Version)
            ? streamed.Vector
            : _vectors.Take(key.Incarnation, key.Version);

    private bool IsRestOf(WorkKey key, in BulkHeader header) =>
        _streamed is { } streamed && streamed.Key == key && header.Encoding == BulkEncoding.Float32
            && header.PayloadBytes == streamed.From * sizeof(float);

    private FlatVector Gradient(ReadOnlySpan<byte> payload)
    {
        if (_encoded.Length > 0)
            plan.Recipe.Compression.Decode(payload, MemoryMarshal.Cast<byte, float>(_vector!.Place.Span));
        return _vector!.Vector;
    }

    private ImmutableArray<FlatVector> TakeMoments()
    {
        ImmutableArray<FlatVector> moments = [.. _moments];
        _moments.Clear();
        return moments;
    }

    private bool IsExpected(WorkKey key)
    {
        lock (_expected) return _expected.ContainsKey(key);
    }
}
