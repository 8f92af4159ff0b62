using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>Work as heads of bulk frames. Pure.</summary>
internal static class BulkWork
{
    /// <summary>The head of a frame about a piece of work.</summary>
    public static BulkHeader HeaderOf(
        BulkKind kind, WorkKey key, int payloadBytes = 0, BulkEncoding encoding = BulkEncoding.Bytes) => new(
        kind, encoding, (byte)key.Kind, (byte)key.Node.Level, key.Incarnation, key.Version, key.Step, key.Node.Index,
        payloadBytes);

    /// <summary>The piece of work that a frame is about.</summary>
    public static WorkKey KeyOf(in BulkHeader header) => new(
        header.Incarnation, header.Version, header.Step, (WorkKind)header.WorkKind, new(header.Level, header.Index));

    /// <summary>
    /// The head of an order. One for local steps says which minibatches they are, from its key's step on.
    /// </summary>
    public static BulkHeader OrderOf(WorkOrder order) => order is LocalStepsOrder o
        ? HeaderOf(BulkKind.Order, o.Key) with { Correct = (int)(o.FirstStep - o.Key.Step), Rows = o.Steps }
        : HeaderOf(BulkKind.Order, order.Key);

    /// <summary>The head of the parameters, or of a moment, that an order is to be computed from.</summary>
    /// <param name="kind">Weights or moments.</param>
    /// <param name="key">The order's.</param>
    /// <param name="payloadBytes">Of the vector.</param>
    /// <param name="index">Which moment.</param>
    public static BulkHeader VectorOf(BulkKind kind, WorkKey key, int payloadBytes, int index = 0) => new(
        kind, BulkEncoding.Float32, Level: (byte)index, Incarnation: key.Incarnation, Version: key.Version,
        PayloadBytes: payloadBytes);

    /// <summary>
    /// The head of a piece of the parameters that an order is to be computed from; the last one is weights.
    /// </summary>
    /// <param name="key">The order's.</param>
    /// <param name="payloadBytes">Of the piece.</param>
    /// <param name="offset">The element that it begins with.</param>
    /// <param name="isLast">Whether it ends the vector.</param>
    public static BulkHeader PieceOf(WorkKey key, int payloadBytes, int offset, bool isLast) =>
        VectorOf(isLast ? BulkKind.Weights : BulkKind.WeightsPart, key, payloadBytes) with { Offset = offset };

    /// <summary>The parameters of an order; none: the order needs none.</summary>
    public static FlatVector? ParametersOf(WorkOrder order) => order switch
    {
        GradientOrder o => o.Parameters,
        EvaluationOrder o => o.Parameters,
        LocalStepsOrder o => o.Parameters,
        _ => null,
    };

    /// <summary>How gradients are encoded on the wire.</summary>
    public static BulkEncoding EncodingOf(Compression compression) => compression switch
    {
        Bf16 => BulkEncoding.BFloat16,
        TopK => BulkEncoding.TopK,
        _ => BulkEncoding.Float32,
    };

    /// <summary>Bytes of an evaluation's confusion counts.</summary>
    public static int ConfusionBytes(TrainingPlan plan) => plan.Data.Classes * plan.Data.Classes * sizeof(int);
}
