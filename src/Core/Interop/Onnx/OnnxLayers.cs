namespace ActorTrain.Interop.Onnx;

/// <summary>One operator as a layer.</summary>
/// <param name="constants">The graph's constants by name.</param>
/// <param name="file">Names the file in errors.</param>
internal sealed class OnnxLayers(IReadOnlyDictionary<string, OnnxTensor> constants, string file)
{
    /// <summary>The layer; nothing for one that changes nothing in evaluation.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="input">The shape of one example that it takes.</param>
    /// <param name="name">The layer's, with those that it is in.</param>
    /// <param name="parameters">Takes what the layer needs.</param>
    /// <exception cref="InteropException">There is no such layer.</exception>
    public Layer? Read(OnnxNode node, Shape input, string name, Dictionary<string, Tensor> parameters)
    {
        var reader = new OnnxNodeReader(node, constants, file);
        var layer = Of(node, reader, input, (key, value) => parameters[$"{name}.{key}"] = value);
        reader.End();
        return layer;
    }

    private static Layer? Of(OnnxNode node, OnnxNodeReader reader, Shape input, Action<string, Tensor> keep)
    {
        switch (node.Operator)
        {
            case "Identity": return null;
            case "Dropout": return Dropout(reader);
            case "Gemm": return Linear(reader, keep);
            case "Conv": return Conv2d(reader, keep);
            case "MaxPool":
                reader.Int("storage_order", 0, 0);
                return Pool(reader, (kernel, stride, padding) => new MaxPool2d(kernel, stride, padding));
            case "AveragePool":
                var countsPadding = reader.Int("count_include_pad", 0, 0, 1) == 1;
                return Pool(reader, (kernel, stride, padding) => padding == 0 || countsPadding
                    ? new AvgPool2d(kernel, stride, padding)
                    : throw reader.Wrong("its padding does not count; only where it counts as zeros can it be read"));
            case "BatchNormalization": return BatchNorm(reader, input, keep);
            case "LayerNormalization": return LayerNorm(reader, input, keep);
            case "Flatten": reader.Int("axis", 1, 1); return new Flatten();
            case "Reshape": return Reshape(reader, input);
            case "Relu": return new ReLU();
            case "LeakyRelu": return new LeakyReLU(reader.Float("alpha", 0.01f));
            case "Elu": return new ELU(reader.Float("alpha", 1));
            case "Gelu": reader.Text("approximate", "none"); return new GELU();
            case "Sigmoid": return new Sigmoid();
            case "Tanh": return new Tanh();
            case "Softplus": return new Softplus();
            case "Softmax": reader.Int("axis", -1, -1, input.Rank); return new Softmax();
            case "LogSoftmax": reader.Int("axis", -1, -1, input.Rank); return new LogSoftmax();
            default: throw reader.Wrong("this operator is none of those that layers here are written with");
        }
    }

    private static Dropout? Dropout(OnnxNodeReader reader)
    {
        reader.Int("seed", 0, 0);
        return reader.InputCount <= 2
            ? null
            : throw reader.Wrong("it may drop something in evaluation too; export the model in evaluation mode");
    }

    private static Linear Linear(OnnxNodeReader reader, Action<string, Tensor> keep)
    {
        reader.One("alpha");
        reader.One("beta");
        reader.Int("transA", 0, 0);
        var weight = reader.Constant(1);
        if (weight.Shape.Rank != 2) throw reader.Wrong($"a weight of shape {weight.Shape}; [out, in] can be read");
        if (reader.Int("transB", 0, 0, 1) == 0) weight = weight.T();
        keep("weight", weight);
        var hasBias = reader.InputCount > 2;
        if (hasBias) keep("bias", reader.Constant(2));
        return new(weight.Shape[1], weight.Shape[0], hasBias);
    }

    private static Conv2d Conv2d(OnnxNodeReader reader, Action<string, Tensor> keep)
    {
        reader.Int("group", 1, 1);
        AsWritten(reader);
        var weight = reader.Constant(1);
        if (weight.Shape.Rank != 4 || weight.Shape[2] != weight.Shape[3]
            || reader.Square("kernel_shape", 2, weight.Shape[2]) != weight.Shape[2])
            throw reader.Wrong($"a weight of shape {weight.Shape}; [out, in, k, k] can be read");
        keep("weight", weight);
        var hasBias = reader.InputCount > 2;
        if (hasBias) keep("bias", reader.Constant(2));
        return new(
            weight.Shape[1], weight.Shape[0], weight.Shape[2], reader.Square("strides", 2, 1),
            reader.Square("pads", 4, 0), hasBias);
    }

    private static Pool2d Pool(OnnxNodeReader reader, Func<int, int, int, Pool2d> create)
    {
        AsWritten(reader);
        reader.Int("ceil_mode", 0, 0);
        var (kernel, padding) = (reader.Square("kernel_shape", 2, null), reader.Square("pads", 4, 0));
        return 2 * padding <= kernel
            ? create(kernel, reader.Square("strides", 2, 1), padding)
            : throw reader.Wrong($"padding of {padding} for a window of {kernel}; at most half of it can be read");
    }

    private static void AsWritten(OnnxNodeReader reader)
    {
        reader.Text("auto_pad", "NOTSET");
        if (reader.Square("dilations", 2, 1) != 1) throw reader.Wrong("dilations above 1 can't be read");
    }

    private static BatchNorm BatchNorm(OnnxNodeReader reader, Shape input, Action<string, Tensor> keep)
    {
        reader.Int("training_mode", 0, 0);
        string[] names = ["weight", "bias", "running_mean", "running_var"];
        for (var i = 0; i < names.Length; i++) keep(names[i], reader.Constant(i + 1));
        var features = reader.Constant(1).Shape.Count;
        var epsilon = reader.Float("epsilon", 1e-5f);
        // ONNX's is what stays of the old statistics; the digits are those that float32 keeps of the difference.
        var momentum = MathF.Round(1 - reader.Float("momentum", 0.9f), 6);
        return input.Rank == 1
            ? new BatchNorm1d(features, epsilon, momentum)
            : new BatchNorm2d(features, epsilon, momentum);
    }

    private static LayerNorm LayerNorm(OnnxNodeReader reader, Shape input, Action<string, Tensor> keep)
    {
        reader.Int("axis", -1, -1, input.Rank);
        reader.Int("stash_type", 1, 1);
        var weight = reader.Constant(1);
        keep("weight", weight);
        keep("bias", reader.InputCount > 2 ? reader.Constant(2) : Tensor.Zeros(weight.Shape));
        return new(weight.Shape.Count, reader.Float("epsilon", 1e-5f));
    }

    // The first size, of the rows, is 0 (stays) or -1 (what is left).
    private static Layer Reshape(OnnxNodeReader reader, Shape input)
    {
        reader.Int("allowzero", 0, 0);
        var sizes = reader.Numbers(1);
        return sizes switch
        {
            [0 or -1, var features] when features == input.Count => new Flatten(),
            [0, -1] => new Flatten(),
            [0 or -1, > 0 and var c, > 0 and var h, > 0 and var w]
                when input.Rank == 1 && Math.Max(c, Math.Max(h, w)) <= input.Count && c * h * w == input.Count =>
                new Unflatten((int)c, (int)h, (int)w),
            _ => throw reader.Wrong(
                $"to [{string.Join(", ", sizes)}] from {input}; examples as a row, or rows as images, can be read"),
        };
    }
}
