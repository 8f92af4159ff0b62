namespace ActorTrain.Kernels;

/// <summary>The matrix products of one microbatch through a fully connected model, on made-up numbers.</summary>
internal sealed class MicrobatchProducts
{
    private readonly int[] _sizes;
    private readonly int[] _leafRows;
    private readonly Memory<float>[] _activations, _activationGradients, _weights, _weightGradients, _biases;

    public MicrobatchProducts(int rows, ReadOnlySpan<int> layerSizes)
    {
        _sizes = layerSizes.ToArray();
        _leafRows = [rows];
        _activations = [.. _sizes.Select(size => Numbers(rows * size))];
        _activationGradients = [.. _sizes.Select(size => Numbers(rows * size))];
        _weights = [.. _sizes.Zip(_sizes.Skip(1), (input, output) => Numbers(input * output))];
        _weightGradients = [.. _weights.Select(weight => Numbers(weight.Length))];
        _biases = [.. _sizes.Skip(1).Select(Numbers)];
    }

    /// <summary>Forward through all layers, then parameter gradients and input gradients; the data needs no input
    /// gradient.</summary>
    public void Run(IMatMul kernel)
    {
        var rows = _leafRows[0];
        for (var layer = 0; layer < _weights.Length; layer++)
        {
            int input = _sizes[layer], output = _sizes[layer + 1];
            kernel.Multiply(
                new(_activations[layer].Span, rows, input), new(_weights[layer].Span, input, output),
                _biases[layer].Span,
                new(_activations[layer + 1].Span, rows, output), _leafRows);
        }
        for (var layer = _weights.Length - 1; layer >= 0; layer--)
        {
            int input = _sizes[layer], output = _sizes[layer + 1];
            var gradient = new MatrixView(_activationGradients[layer + 1].Span, rows, output);
            kernel.TransposedMultiply(
                new(_activations[layer].Span, rows, input), gradient, new(_weightGradients[layer].Span, input,
                output), _leafRows);
            if (layer > 0)
                kernel.MultiplyTransposed(
                    gradient, new(_weights[layer].Span, input, output), new(_activationGradients[layer].Span, rows,
                    input), _leafRows);
        }
    }

    // Small, of both signs and never subnormal, so that sums stay ordinary numbers through many layers.
    private static Memory<float> Numbers(int count)
    {
        var memory = AlignedMemory.Allocate(count);
        var span = memory.Span;
        for (var i = 0; i < span.Length; i++) span[i] = ((i * 7 % 31) - 15) / 256f;
        return memory;
    }
}
