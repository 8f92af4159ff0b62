using System.Collections.Immutable;
using System.Runtime.Intrinsics;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Convolutions one behind another, with what follows each, in passes that do not train: images go through all of them
/// in small groups, so that what lies between two layers stays in cache. The bits of layer after layer.
/// </summary>
/// <param name="Stages">The convolutions.</param>
internal sealed record ConvolutionChain(ImmutableArray<ConvolutionStage> Stages)
{
    /// <summary>How many layers.</summary>
    public int Layers => Stages.Sum(s => s.Layers);

    /// <summary>The longest chain that begins at a place, if there is one.</summary>
    public static ConvolutionChain? At(ImmutableArray<(string Name, Layer Layer)> layers, int place)
    {
        var stages = ImmutableArray.CreateBuilder<ConvolutionStage>();
        while (place < layers.Length && ConvolutionStage.At(layers, place) is { } stage)
        {
            stages.Add(stage);
            place += stage.Layers;
        }
        return stages.Count == 0 ? null : new(stages.ToImmutable());
    }

    /// <summary>The output of its last layer.</summary>
    /// <param name="parameters">Of all layers, whose places the stages name.</param>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="context">Has the memory.</param>
    /// <exception cref="ShapeMismatchException">It does not take such images.</exception>
    public Tensor Evaluate(Parameters parameters, Tensor input, LayerContext context)
    {
        var examples = input.Shape.Rank == 0 ? 0 : input.Shape[0];
        Shape image = Shape.Create(input.Shape.ToArray().AsSpan(Math.Min(1, input.Shape.Rank)));
        var windows = new Patches[Stages.Length];
        for (var s = 0; s < windows.Length; s++)
        {
            var (convolution, output) = (Stages[s].Convolution, Stages[s].OutputShape(image));
            windows[s] = new(image[0], image[1], image[2], convolution.KernelSize, convolution.Stride);
            image = output;
        }
        var result = context.Take([examples, image[0], image[1], image[2]]);
        var x = input.Span;
        var y = result.Span;
        var kept = context.Packed;
        if (Vector512.IsHardwareAccelerated)
            ConvolutionPass<Lanes512, Vector512<float>>.Run(this, windows, parameters, kept, x, y);
        else if (Vector256.IsHardwareAccelerated)
            ConvolutionPass<Lanes256, Vector256<float>>.Run(this, windows, parameters, kept, x, y);
        else if (Vector128.IsHardwareAccelerated)
            ConvolutionPass<Lanes128, Vector128<float>>.Run(this, windows, parameters, kept, x, y);
        else ConvolutionPass<LanesScalar, float>.Run(this, windows, parameters, kept, x, y);
        return result.Freeze();
    }
}
