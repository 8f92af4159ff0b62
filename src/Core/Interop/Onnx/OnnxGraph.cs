namespace ActorTrain.Interop.Onnx;

/// <summary>An ONNX graph as far as layers need one, in the words of onnx.proto.</summary>
/// <param name="Nodes">Operators, each behind those whose outputs it takes.</param>
/// <param name="Initializers">Constants.</param>
/// <param name="Input">What it takes.</param>
/// <param name="Output">What it gives.</param>
internal sealed record OnnxGraph(
    IReadOnlyList<OnnxNode> Nodes, IReadOnlyList<OnnxTensor> Initializers, OnnxValue Input, OnnxValue Output);

/// <summary>An operator's use.</summary>
/// <param name="Operator">Its type; with its domain before it where that is not ONNX's own.</param>
/// <param name="Name">The node's own.</param>
/// <param name="Inputs">Names of values; empty: left out.</param>
/// <param name="Output">The name of its first output.</param>
/// <param name="Attributes">
/// A value is a <c>float</c>, a <c>long</c>, a <c>long[]</c>, a <c>string</c> or an <see cref="OnnxTensor"/>.
/// </param>
internal sealed record OnnxNode(
    string Operator, string Name, IReadOnlyList<string> Inputs, string Output,
    IReadOnlyDictionary<string, object> Attributes);

/// <summary>A constant.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its elements' kind.</param>
/// <param name="Sizes">Its shape.</param>
/// <param name="Bytes">Its elements, little-endian.</param>
internal sealed record OnnxTensor(string Name, ElementKind Kind, IReadOnlyList<long> Sizes, byte[] Bytes);

/// <summary>What a graph takes or gives: float32.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sizes">Its shape; nothing for a size that is free.</param>
internal sealed record OnnxValue(string Name, IReadOnlyList<long?> Sizes);
