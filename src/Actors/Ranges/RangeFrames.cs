using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>What is said about ranges, as frames of the bulk path. Pure.</summary>
internal static class RangeFrames
{
    private const int NodeBytes = 2 * sizeof(int);

    /// <summary>The head of a range of the parameters or of a moment, whole.</summary>
    /// <param name="kind">Weights or moments.</param>
    /// <param name="incarnation">Of the server.</param>
    /// <param name="version">Of the parameters.</param>
    /// <param name="payloadBytes">Of the range.</param>
    /// <param name="offset">The element that it begins with.</param>
    /// <param name="index">Which moment.</param>
    public static BulkHeader VectorOf(
        BulkKind kind, long incarnation, long version, int payloadBytes, int offset, int index = 0) => new(
        kind, BulkEncoding.Float32, Level: (byte)index, Incarnation: incarnation, Version: version,
        PayloadBytes: payloadBytes, Offset: offset);

    /// <summary>The head of a piece of a range of the parameters; the last one is weights.</summary>
    public static BulkHeader PieceOf(long incarnation, long version, int payloadBytes, int offset, bool isLast) =>
        VectorOf(isLast ? BulkKind.Weights : BulkKind.WeightsPart, incarnation, version, payloadBytes, offset);

    /// <summary>The head of a pull.</summary>
    public static BulkHeader PullOf(long incarnation, long version) =>
        new(BulkKind.Pull, Incarnation: incarnation, Version: version);

    /// <summary>The head and the payload of a step's end.</summary>
    public static (BulkHeader Header, byte[] Payload) UpdateOf(
        long incarnation, long version, ImmutableArray<TreeNode> nodes)
    {
        var numbers = new int[2 * nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
            (numbers[2 * i], numbers[(2 * i) + 1]) = (nodes[i].Level, nodes[i].Index);
        var bytes = MemoryMarshal.AsBytes<int>(numbers).ToArray();
        return (
            new(BulkKind.Update, Incarnation: incarnation, Version: version, PayloadBytes: bytes.Length), bytes);
    }

    /// <summary>The nodes that a step's end names.</summary>
    public static ImmutableArray<TreeNode> NodesOf(ReadOnlySpan<byte> payload)
    {
        var numbers = MemoryMarshal.Cast<byte, int>(payload);
        var nodes = ImmutableArray.CreateBuilder<TreeNode>(numbers.Length / 2);
        for (var i = 0; i < numbers.Length; i += 2) nodes.Add(new(numbers[i], numbers[i + 1]));
        return nodes.MoveToImmutable();
    }

    /// <summary>The most bytes that the nodes of one minibatch need.</summary>
    public static int MostNodeBytes(TrainingPlan plan) => plan.TreeOf(0).Leaves * NodeBytes;

    /// <summary>Bytes of a range.</summary>
    public static int BytesOf(ParameterRange range) => range.Count * sizeof(float);

    /// <summary>Whether a key names a node of a minibatch of this run.</summary>
    public static bool IsGradient(TrainingPlan plan, WorkKey key) => key.Kind == WorkKind.Gradient
        && key.Step == key.Version && key.Step < plan.TotalSteps && ServerLink.IsNode(plan, key);
}
