using System.Buffers.Binary;
using ActorTrain.Interop.Protobuf;

namespace ActorTrain.Interop.Onnx;

/// <summary>A model file's bytes as a graph; what is not in <see cref="OnnxGraph"/> is refused or not needed.</summary>
/// <param name="file">Names the file in errors.</param>
internal sealed class OnnxParser(string file)
{
    private const long OldestOperators = 13;

    /// <summary>The graph.</summary>
    /// <exception cref="InteropException">No such file, or one with more than a graph of one input and one output.
    /// </exception>
    public OnnxGraph Read(ReadOnlySpan<byte> bytes)
    {
        OnnxGraph? graph = null;
        var version = 0L;
        for (var model = new ProtobufReader(bytes, file); model.Next();)
        {
            if (model.Field == 7) graph = Graph(model.Bytes());
            else if (model.Field == 8) version = Math.Max(version, Version(model.Bytes()));
        }
        if (graph is null) throw new InteropException(file, "no ONNX file: it has no graph");
        return version >= OldestOperators
            ? graph
            : throw new InteropException(
                file, $"operators of version {version}; {OldestOperators} and later can be read");
    }

    // 0 for operators of another domain.
    private long Version(ReadOnlySpan<byte> bytes)
    {
        var (isOurs, version) = (true, 0L);
        for (var set = new ProtobufReader(bytes, file); set.Next();)
        {
            if (set.Field == 1) isOurs = set.Text() is "" or "ai.onnx";
            else if (set.Field == 2) version = set.Number();
        }
        return isOurs ? version : 0;
    }

    private OnnxGraph Graph(ReadOnlySpan<byte> bytes)
    {
        var (nodes, constants) = (new List<OnnxNode>(), new List<OnnxTensor>());
        var (inputs, outputs) = (new List<OnnxValue>(), new List<OnnxValue>());
        for (var graph = new ProtobufReader(bytes, file); graph.Next();)
            switch (graph.Field)
            {
                case 1: nodes.Add(Node(graph.Bytes())); break;
                case 5: constants.Add(Tensor(graph.Bytes())); break;
                case 11: inputs.Add(Value(graph.Bytes())); break;
                case 12: outputs.Add(Value(graph.Bytes())); break;
                case 15: throw new InteropException(file, "sparse constants; dense ones can be read");
                default: break;
            }
        // Old files list constants as inputs too.
        inputs.RemoveAll(i => constants.Exists(c => c.Name == i.Name));
        return inputs.Count == 1 && outputs.Count == 1
            ? new(nodes, constants, inputs[0], outputs[0])
            : throw new InteropException(
                file, $"{inputs.Count} inputs and {outputs.Count} outputs; one of each can be read");
    }

    private OnnxNode Node(ReadOnlySpan<byte> bytes)
    {
        var (type, name, domain) = ("", "", "");
        var (inputs, outputs) = (new List<string>(), new List<string>());
        var attributes = new Dictionary<string, object>();
        for (var node = new ProtobufReader(bytes, file); node.Next();)
            switch (node.Field)
            {
                case 1: inputs.Add(node.Text()); break;
                case 2: outputs.Add(node.Text()); break;
                case 3: name = node.Text(); break;
                case 4: type = node.Text(); break;
                case 5:
                    var (key, value) = Attribute(node.Bytes());
                    attributes[key] = value;
                    break;
                case 7: domain = node.Text(); break;
                default: break;
            }
        if (domain is not ("" or "ai.onnx")) type = $"{domain}.{type}";
        return new(type, name, inputs, outputs.FirstOrDefault() ?? "", attributes);
    }

    private (string Name, object Value) Attribute(ReadOnlySpan<byte> bytes)
    {
        var name = "";
        object? value = null;
        var numbers = new List<long>();
        for (var attribute = new ProtobufReader(bytes, file); attribute.Next();)
            switch (attribute.Field)
            {
                case 1: name = attribute.Text(); break;
                case 2: value = attribute.Float(); break;
                case 3: value = attribute.Number(); break;
                case 4: value = attribute.Text(); break;
                case 5: value = Tensor(attribute.Bytes()); break;
                case 8: attribute.AddNumbers(numbers); break;
                default: break;
            }
        return (name, value ?? numbers.ToArray());
    }

    private OnnxTensor Tensor(ReadOnlySpan<byte> bytes)
    {
        var (sizes, name, number, isElsewhere) = (new List<long>(), "", 0L, false);
        var (raw, numbers) = (new List<byte>(), new List<long>());
        for (var tensor = new ProtobufReader(bytes, file); tensor.Next();)
            switch (tensor.Field)
            {
                case 1: tensor.AddNumbers(sizes); break;
                case 2: number = tensor.Number(); break;
                case 4: AddFloats(raw, tensor); break;
                case 7: tensor.AddNumbers(numbers); break;
                case 8: name = tensor.Text(); break;
                case 9: raw.AddRange(tensor.Bytes()); break;
                case 13 or 14: isElsewhere |= tensor.Field == 13 || tensor.Number() != 0; break;
                default: break;
            }
        var at = $"{file}: constant '{name}'";
        if (isElsewhere) throw new InteropException(at, "its elements are in another file; save all in one");
        foreach (var value in numbers) raw.AddRange(Int64Bytes(value));
        var kind = OnnxFormat.Kinds.FirstOrDefault(k => k.Number == number).Kind
            ?? throw new InteropException(
                at, $"elements of kind {number}; {string.Join(", ", OnnxFormat.Kinds.Select(k => k.Number))} can be "
                + "read");
        var expected = (long)ShapeRule.Checked(sizes, at).Count * kind.Bytes;
        return raw.Count == expected
            ? new(name, kind, sizes, [.. raw])
            : throw new InteropException(
                at, $"{raw.Count} bytes, where [{string.Join(", ", sizes)}] of {kind.Name} has {expected}");
    }

    private static void AddFloats(List<byte> raw, ProtobufReader tensor)
    {
        if (tensor.Type == WireType.Bytes)
        {
            raw.AddRange(tensor.Bytes());
            return;
        }
        var bytes = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, tensor.Float());
        raw.AddRange(bytes);
    }

    private static byte[] Int64Bytes(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    // Of its type only what a tensor of float32 has.
    private OnnxValue Value(ReadOnlySpan<byte> bytes)
    {
        var name = "";
        var sizes = new List<long?>();
        for (var value = new ProtobufReader(bytes, file); value.Next();)
        {
            if (value.Field == 1) name = value.Text();
            if (value.Field != 2) continue;
            for (var type = new ProtobufReader(value.Bytes(), file); type.Next();)
                for (var tensor = new ProtobufReader(type.Bytes(), file); tensor.Next();)
                    if (tensor.Field == 2) AddSizes(sizes, tensor.Bytes());
        }
        return new(name, sizes);
    }

    private void AddSizes(List<long?> sizes, ReadOnlySpan<byte> bytes)
    {
        for (var shape = new ProtobufReader(bytes, file); shape.Next();)
        {
            long? size = null;
            for (var dimension = new ProtobufReader(shape.Bytes(), file); dimension.Next();)
                if (dimension.Field == 1) size = dimension.Number();
            sizes.Add(size);
        }
    }
}
