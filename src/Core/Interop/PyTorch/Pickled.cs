namespace ActorTrain.Interop.PyTorch;

/// <summary>A dictionary in a pickle, in order; a pickle fills it after it has named it.</summary>
internal sealed class PickledDict
{
    /// <summary>Keys and values.</summary>
    public List<(object Key, object Value)> Items { get; } = [];
}

/// <summary>A tuple in a pickle.</summary>
/// <param name="Items">Its elements.</param>
internal sealed record PickledTuple(IReadOnlyList<object> Items);

/// <summary>What a global name stands for that a state_dict may contain.</summary>
internal enum PickledFunction
{
    /// <summary><c>collections.OrderedDict</c>.</summary>
    OrderedDict,

    /// <summary><c>torch._utils._rebuild_tensor_v2</c>.</summary>
    RebuildTensor,
}

/// <summary>The numbers of one or more tensors, in a file of their own.</summary>
/// <param name="Key">That file's name.</param>
/// <param name="Kind">Their kind.</param>
/// <param name="Count">How many.</param>
internal sealed record PickledStorage(string Key, ElementKind Kind, long Count);

/// <summary>A tensor: a view of a storage.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Offset">Its first element's place there.</param>
/// <param name="Sizes">Its shape.</param>
/// <param name="Strides">How far the next element along each dimension is.</param>
internal sealed record PickledTensor(
    PickledStorage Storage, long Offset, IReadOnlyList<long> Sizes, IReadOnlyList<long> Strides)
{
    /// <summary>The tensor, row-major in memory of its own.</summary>
    /// <exception cref="InteropException">It is not within its storage, or has no shape that can be.</exception>
    public Tensor Over(float[] storage, TorchFile.Parts parts, string file)
    {
        var shape = ShapeRule.Checked(Sizes, file);
        if (Strides.Count != Sizes.Count) throw new InteropException(file, "another number of strides than of sizes");
        if (shape.Count == 0) return Tensor.Own(Array.Empty<float>(), shape);
        // Strides are what the file says: no sum of theirs overflows here.
        var last = (Int128)Offset;
        for (var d = 0; d < shape.Rank; d++) last += (Int128)(shape[d] - 1) * Strides[d];
        if (Offset < 0 || Strides.Any(s => s < 0) || last >= storage.Length)
            throw new InteropException(
                file, $"offset {Offset} and strides ({string.Join(", ", Strides)}) of shape {shape} lead out of its "
                + $"storage of {storage.Length} elements");
        parts.Take((long)shape.Count * sizeof(float));
        var values = new float[shape.Count];
        var index = new int[shape.Rank];
        var at = Offset;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = storage[at];
            for (var d = shape.Rank - 1; d >= 0; d--)
            {
                at += Strides[d];
                if (++index[d] < shape[d]) break;
                at -= Strides[d] * shape[d];
                index[d] = 0;
            }
        }
        return Tensor.Own(values, shape);
    }
}
