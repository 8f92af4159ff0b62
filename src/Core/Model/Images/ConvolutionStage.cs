using System.Collections.Immutable;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// A convolution and what can follow it while its results are in registers: a normalisation, ReLU, the largest of four,
/// and again a normalisation and ReLU, each if it is there.
/// </summary>
/// <param name="Convolution">The convolution.</param>
/// <param name="Place">Its place among the layers.</param>
/// <param name="Before">What follows it.</param>
/// <param name="Pool">The largest of every 2×2 pixels of that, if it is there.</param>
/// <param name="Behind">What follows that.</param>
internal sealed record ConvolutionStage(
    Conv2d Convolution, int Place, ConvolutionStage.Steps Before, MaxPool2d? Pool, ConvolutionStage.Steps Behind)
{
    /// <summary>A normalisation and ReLU.</summary>
    /// <param name="Norm">The normalisation, if there is one.</param>
    /// <param name="Place">Its place among the layers.</param>
    /// <param name="Relu">Whether ReLU follows.</param>
    public readonly record struct Steps(BatchNorm? Norm, int Place, bool Relu)
    {
        /// <summary>How many layers.</summary>
        public int Layers => (Norm is null ? 0 : 1) + (Relu ? 1 : 0);
    }

    /// <summary>How many layers.</summary>
    public int Layers => 1 + Before.Layers + (Pool is null ? 0 : 1) + Behind.Layers;

    /// <summary>
    /// The stage that begins at a place; none where no convolution does that needs no padding and fills the vectors.
    /// </summary>
    public static ConvolutionStage? At(ImmutableArray<(string Name, Layer Layer)> layers, int place)
    {
        if (layers[place].Layer is not Conv2d { Padding: 0 } convolution || !Fills(convolution.OutChannels))
            return null;
        var next = place + 1;
        var before = StepsAt(layers, ref next);
        var pool = next < layers.Length && layers[next].Layer is MaxPool2d { IsOfFour: true } of ? of : null;
        if (pool is null) return new(convolution, place, before, null, default);
        next++;
        return new(convolution, place, before, pool, StepsAt(layers, ref next));
    }

    /// <summary>The shape rule of all its layers, [C, H, W].</summary>
    /// <exception cref="ShapeMismatchException">One of them does not take such images.</exception>
    public Shape OutputShape(Shape image)
    {
        image = Convolution.OutputShape(image);
        image = Before.Norm?.OutputShape(image) ?? image;
        image = Pool?.OutputShape(image) ?? image;
        return Behind.Norm?.OutputShape(image) ?? image;
    }

    // At least half of the lanes have work.
    private static bool Fills(int channels)
    {
        var lanes = VectorWidth.Bits / 32;
        return 2 * channels >= (channels + lanes - 1) / lanes * lanes;
    }

    private static Steps StepsAt(ImmutableArray<(string Name, Layer Layer)> layers, ref int next)
    {
        var (norm, place) = (next < layers.Length ? layers[next].Layer as BatchNorm2d : null, next);
        if (norm is not null) next++;
        var relu = next < layers.Length && layers[next].Layer is ReLU;
        if (relu) next++;
        return new(norm, place, relu);
    }
}
