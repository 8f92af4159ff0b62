using System.Runtime.InteropServices;
using System.Text;
using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>
/// Sends a node's answers over one link, gradients as the recipe's compression encodes them. What it leaves out of one
/// gradient it adds to the next; a new link begins without a residual, as the server takes it to. A large gradient that
/// one shard computes is sent layer by layer, the last one first, while the pass goes on.
/// </summary>
internal sealed class AnswerSender
{
    private readonly ILink _link;
    private readonly Compression _compression;
    private readonly VersionedBuffers _encoded;
    private readonly float[] _residual;
    private readonly int _encodedBytes;
    private readonly int _count;
    private readonly RangePusher? _holders;
    private Streamed? _streamed;
    private RangePusher.Push? _push;

    /// <summary>For one link.</summary>
    /// <param name="link">To the server.</param>
    /// <param name="recipe">The run's.</param>
    /// <param name="holders">Where gradients go instead, a range to each; none: to the server.</param>
    public AnswerSender(ILink link, Recipe recipe, RangePusher? holders = null)
    {
        (_link, _compression, _holders) = (link, recipe.Compression, holders);
        _count = recipe.Model.Layout.Count;
        _residual = new float[_compression.ResidualLength(_count)];
        _encodedBytes = _compression.EncodedBytes(_count);
        _encoded = new((_encodedBytes + sizeof(float) - 1) / sizeof(float));
    }

    /// <summary>Who is to be told how far the answer to an order is; none: it is sent when it is whole.</summary>
    public GradientProgress? ProgressOf(WorkOrder order)
    {
        if (_holders is not null)
        {
            _push = order is GradientOrder ? _holders.Begin(order.Key) : null;
            return _push is null ? null : _push.Send;
        }
        _streamed = order is GradientOrder && _compression is NoCompression && _count >= 2 * StreamedVector.MinPart
            ? new(_link, order.Key, _count)
            : null;
        return _streamed is null ? null : _streamed.Send;
    }

    /// <summary>
    /// Sends an answer; its vectors must not change until the server asks for something of another version, or another
    /// one for anything: the link is closed by then.
    /// </summary>
    public void Send(WorkAnswer answer)
    {
        switch (answer)
        {
            case GradientAnswer a:
                var gradient = _holders is null ? Encode(a) : Push(_holders, a);
                Send(
                    BulkKind.GradientAnswer, a, BulkWork.EncodingOf(_compression),
                    new(a.Sum.LossSum, a.Sum.Correct, a.Sum.Rows), gradient);
                break;
            case EvaluationAnswer a:
                var confusion = MemoryMarshal.AsBytes<int>(a.Evaluation.Confusion).ToArray();
                _link.Send(BulkWork.HeaderOf(
                    BulkKind.EvaluationAnswer, a.Key,
                    confusion.Length) with
                { LossSum = a.Evaluation.LossSum }, confusion);
                break;
            case LocalStepsAnswer a:
                foreach (var moment in a.Optimizer.Moments)
                {
                    var bytes = FloatBytes.Of(moment.Memory);
                    _link.Send(BulkWork.HeaderOf(BulkKind.Moments, a.Key, bytes.Length, BulkEncoding.Float32), bytes);
                }
                var parameters = FloatBytes.Of(a.Parameters.Memory);
                Send(BulkKind.LocalStepsAnswer, a, BulkEncoding.Float32, a.Sum, parameters);
                break;
            default:
                break;
        }
    }

    /// <summary>Says that an order failed here.</summary>
    public void SendFailure(WorkKey key, string reason)
    {
        var bytes = Encoding.UTF8.GetBytes(reason).AsMemory();
        bytes = bytes[..Math.Min(bytes.Length, BulkHeader.FailureBytes)];
        _link.Send(BulkWork.HeaderOf(BulkKind.Failure, key, bytes.Length), bytes);
    }

    private void Send(
        BulkKind kind, WorkAnswer answer, BulkEncoding encoding, StepSum sum, ReadOnlyMemory<byte> payload) =>
        _link.Send(
            BulkWork.HeaderOf(kind, answer.Key, payload.Length, encoding) with
            {
                LossSum = sum.LossSum,
                Correct = sum.Correct,
                Rows = sum.Rows,
                Offset = (int)Math.Min(int.MaxValue, answer.Computing.TotalMicroseconds),
            },
            payload);

    private ReadOnlyMemory<byte> Encode(GradientAnswer answer)
    {
        if (_compression is NoCompression) return FloatBytes.Of(answer.Sum.Gradient.Memory[..UnsentOf(answer.Key)]);
        var place = _encoded.Take(answer.Key.Incarnation, answer.Key.Version).Place[.._encodedBytes];
        _compression.Encode(answer.Sum.Gradient.Span, _residual, place.Span);
        return place;
    }

    // The server gets what the holders do not: loss, count, and that the work is done.
    private ReadOnlyMemory<byte> Push(RangePusher holders, GradientAnswer answer)
    {
        var push = _push?.Key == answer.Key ? _push : holders.Begin(answer.Key);
        push.Send(answer.Sum.Gradient, finalFrom: 0);
        return default;
    }

    // Its end may be sent already.
    private int UnsentOf(WorkKey key) => _streamed?.Key == key ? _streamed.From : _count;

    // Called by the shard that computes the gradient; the answer follows when it is done.
    private sealed class Streamed(ILink link, WorkKey key, int count)
    {
        public WorkKey Key => key;

        public int From { get; private set; } = count;

        public void Send(Parameters gradient, int finalFrom)
        {
            if (From - finalFrom < StreamedVector.MinPart) return;
            var bytes = FloatBytes.Of(gradient.Memory[finalFrom..From]);
            var header = BulkWork.HeaderOf(BulkKind.GradientPart, key, bytes.Length, BulkEncoding.Float32);
            link.Send(header with { Offset = finalFrom }, bytes);
            From = finalFrom;
        }
    }
}
