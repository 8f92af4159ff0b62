using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>Work as heads of bulk frames. Pure.</summary>
internal static class BulkWork
{
    /// <summary>The head of a frame about a piece of work.</summary>
    public static BulkHeader HeaderOf(BulkKind kind, WorkKey key, int payloadBytes = 0, BulkEncoding encoding = BulkEncoding.Bytes) => new(
        kind, encoding, (byte)key.Kind, (byte)key.Node.Level, key.Incarnation, key.Version, key.Step, key.Node.Index, payloadBytes);

    /// <summary>The piece of work that a frame is about.</summary>
    public static WorkKey KeyOf(in BulkHeader header) => new(
        header.Incarnation, header.Version, header.Step, (WorkKind)header.WorkKind, new(header.Level, header.Index));

    /// <summary>The head of the parameters that an order is to be computed from.</summary>
    public static BulkHeader WeightsOf(WorkKey key, int payloadBytes) => new(
        BulkKind.Weights, BulkEncoding.Float32, Incarnation: key.Incarnation, Version: key.Version, PayloadBytes: payloadBytes);

    /// <summary>The parameters of an order; none: the order needs none.</summary>
    public static FlatVector? ParametersOf(WorkOrder order) => order switch
    {
        GradientOrder o => o.Parameters,
        EvaluationOrder o => o.Parameters,
        _ => null,
    };

    /// <summary>Bytes of an evaluation's confusion counts.</summary>
    public static int ConfusionBytes(TrainingPlan plan) => plan.Data.Classes * plan.Data.Classes * sizeof(int);
}
