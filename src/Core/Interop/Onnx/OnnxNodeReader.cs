using System.Buffers.Binary;

namespace ActorTrain.Interop.Onnx;

/// <summary>Reads a node's constants and attributes; what it was not asked about is refused in the end.</summary>
/// <param name="node">The node.</param>
/// <param name="constants">The graph's, by name.</param>
/// <param name="file">Names the file in errors.</param>
internal sealed class OnnxNodeReader(
    OnnxNode node, IReadOnlyDictionary<string, OnnxTensor> constants, string file)
{
    private readonly HashSet<string> _asked = [];

    /// <summary>How many inputs it has, without trailing ones that are left out.</summary>
    public int InputCount => node.Inputs.Count - node.Inputs.Reverse().TakeWhile(i => i.Length == 0).Count();

    /// <summary>What is wrong with the node.</summary>
    /// <param name="what">Without a full stop.</param>
    public InteropException Wrong(string what) => new($"{file}: node '{node.Name}' ({node.Operator})", what);

    /// <summary>A constant input as float32.</summary>
    public Tensor Constant(int input)
    {
        var constant = Stored(input);
        var values = constant.Kind.ReadAll(constant.Bytes, $"{file}: constant '{constant.Name}'");
        return Tensor.Own(values, ShapeRule.Checked(constant.Sizes, file));
    }

    /// <summary>A constant input as whole numbers.</summary>
    public long[] Numbers(int input)
    {
        var constant = Stored(input);
        if (constant.Kind != ElementKind.Int64) throw Wrong($"input {input} is {constant.Kind.Name}; it must be I64");
        return [.. constant.Bytes.Chunk(sizeof(long)).Select(b => BinaryPrimitives.ReadInt64LittleEndian(b))];
    }

    /// <summary>A float attribute.</summary>
    public float Float(string name, float byDefault) => Attribute<float>(name) ?? byDefault;

    /// <summary>A whole attribute that may have one of some values.</summary>
    public long Int(string name, long byDefault, params ReadOnlySpan<long> allowed)
    {
        var value = Attribute<long>(name) ?? byDefault;
        return allowed.Contains(value)
            ? value
            : throw Wrong($"{name} is {value}; {string.Join(" or ", allowed.ToArray())} can be read");
    }

    /// <summary>A float attribute that must be 1.</summary>
    public void One(string name)
    {
        if (Float(name, 1) != 1) throw Wrong($"{name} is {Float(name, 1)}; 1 can be read");
    }

    /// <summary>A text attribute that must have one value.</summary>
    public void Text(string name, string only)
    {
        _asked.Add(name);
        if (node.Attributes.TryGetValue(name, out var value) && !only.Equals(value))
            throw Wrong($"{name} is {value}; {only} can be read");
    }

    /// <summary>A list of equal whole numbers: a square window's size, its stride, its padding.</summary>
    public int Square(string name, int count, int? byDefault)
    {
        _asked.Add(name);
        if (!node.Attributes.TryGetValue(name, out var value) && byDefault is { } number) return number;
        return value is long[] sizes && sizes.Length == count && sizes.All(s => s == sizes[0])
            && sizes[0] is >= 0 and <= int.MaxValue
            ? (int)sizes[0]
            : throw Wrong($"{name} must be {count} equal whole numbers");
    }

    /// <summary>Ends the reading.</summary>
    /// <exception cref="InteropException">The node has attributes that nobody asked about.</exception>
    public void End()
    {
        if (node.Attributes.Keys.FirstOrDefault(name => !_asked.Contains(name)) is { } unknown)
            throw Wrong($"its attribute {unknown} can't be read");
    }

    private T? Attribute<T>(string name) where T : struct
    {
        _asked.Add(name);
        return !node.Attributes.TryGetValue(name, out var value) ? null
            : value is T right ? right
            : throw Wrong($"{name} is of another kind than it should be");
    }

    private OnnxTensor Stored(int input) =>
        input < node.Inputs.Count && constants.TryGetValue(node.Inputs[input], out var constant)
            ? constant
            : throw Wrong($"input {input} must be a constant");
}
