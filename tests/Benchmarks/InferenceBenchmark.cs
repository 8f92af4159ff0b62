using System.Diagnostics;
using ActorTrain.Benchmarks.Report;
using ActorTrain.Interop.Onnx;
using ActorTrain.Kernels;
using Microsoft.ML.OnnxRuntime;

namespace ActorTrain.Benchmarks;

/// <summary>The seed's network forward, against ONNX Runtime in the same process, one thread each, in turns.</summary>
internal static class InferenceBenchmark
{
    private const double SecondsPerSample = 0.005;
    private static readonly Bar OfOnnxRuntime = Bar.AtLeast(1);

    /// <summary>Measures and reports.</summary>
    public static Section Run(bool isQuick)
    {
        var model = new Recipe().Model;
        var rows = Compare(model, [1, 16, 64, 1024], isQuick ? 11 : 101);
        return new("Inference",
            "Forward through "
            + $"{string.Join(',', model.Layers.Select(l => l.Layer).OfType<Linear>().Select(l => l.OutFeatures))} "
            + "from 784 pixels, one thread, ONNX Runtime "
            + $"{typeof(InferenceSession).Assembly.GetName().Version?.ToString(3)} with its input bound once. Both "
            + "give the same log-probabilities to 1e-4.",
            ["batch", "ActorTrain, µs", "ONNX Runtime, µs", "ONNX Runtime / ActorTrain"], [.. rows]);
    }

    /// <summary>A line for each batch: the batch, our time, ONNX Runtime's, how many times ours that is.</summary>
    /// <exception cref="InvalidOperationException">The two do not agree about the outputs.</exception>
    public static IReadOnlyList<string[]> Compare(Sequential model, int[] batches, int rounds)
    {
        var parameters = model.Initialize(seed: 7);
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        using var session = new InferenceSession(
            OnnxFile.Encode(new(model, parameters), [model.InputShape!.Value[0]]), options);
        return [.. batches.Select(batch => Compare(model, parameters, session, batch, rounds))];
    }

    private static string[] Compare(
        Sequential model, Parameters parameters, InferenceSession session, int batch, int rounds)
    {
        var pixels = new float[batch * 784];
        Philox.FillUniform(1, RandomPurpose.Augmentation, 0, -1, 1, pixels);
        var place = TensorBuffer.Allocate([batch, 784]);
        pixels.CopyTo(place.Span);
        var input = place.Freeze();
        int[] leaf = [batch];
        var (kernel, arena, packed) = (new ManagedMatMul(), new Arena(), new PackedWeights());
        using var value = OrtValue.CreateTensorValueFromMemory(pixels, [batch, 784]);
        var output = new float[batch * 10];
        using var result = OrtValue.CreateTensorValueFromMemory(output, [batch, 10]);
        using var runOptions = new RunOptions();
        Tensor Ours()
        {
            arena.Reset();
            return model.Evaluate(parameters, input, new(kernel, leaf, arena, packed: packed));
        }
        void Theirs() => session.Run(runOptions, [OnnxFile.Input], [value], [OnnxFile.Output], [result]);
        Theirs();
        var distance = Ours().Span.ToArray().Zip(output, (a, b) => Math.Abs(a - b)).Max();
        if (distance > 1e-4f) throw new InvalidOperationException($"ONNX Runtime's outputs differ by {distance}.");
        var (ours, theirs) = (new List<double>(), new List<double>());
        var repeats = Math.Max(1, (int)(SecondsPerSample / Time(() => Ours(), 3)));
        for (var round = 0; round < rounds; round++)
        {
            ours.Add(1e6 * Time(() => Ours(), repeats));
            theirs.Add(1e6 * Time(Theirs, repeats));
        }
        var (a, b) = (new Figures(ours), new Figures(theirs));
        return [$"{batch}", $"{a}", $"{b}", OfOnnxRuntime.Judge(b.Median / a.Median)];
    }

    private static double Time(Action call, int repeats)
    {
        call();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < repeats; i++) call();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
    }
}
