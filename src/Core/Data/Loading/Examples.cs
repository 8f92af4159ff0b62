using System.Collections.Immutable;
using ActorTrain.Interop;
using ActorTrain.Interop.NumPy;

namespace ActorTrain;

/// <summary>Examples for a <see cref="DataLoader"/> from what a program has.</summary>
public static class Examples
{
    /// <summary>The images of a split, [1, Rows, Columns] of 0 … 255; see <see cref="ToTensor"/>.</summary>
    public static IExamples Of(Split split) => new SplitExamples(split);

    /// <summary>Any examples in memory: the sequence is read to its end once.</summary>
    public static IExamples Of(IEnumerable<(Tensor Input, int Label)> examples) => new ListExamples([.. examples]);

    /// <summary>The rows of an array, [N, …], without a copy.</summary>
    /// <exception cref="ShapeMismatchException">Not one row for each label.</exception>
    public static IExamples Of(Tensor inputs, ReadOnlySpan<int> labels)
    {
        if (inputs.Shape.Rank < 1 || inputs.Shape[0] != labels.Length)
            throw new ShapeMismatchException(
                "Examples.Of", "inputs", inputs.Shape, $"[{labels.Length}, …]", "Give one row for each label.");
        return new ArrayExamples(inputs.Contiguous(), [.. labels]);
    }

    /// <summary>Two of NumPy's arrays: inputs [N, …], and labels [N].</summary>
    /// <param name="inputs">A <c>.npy</c> file's bytes.</param>
    /// <param name="labels">A <c>.npy</c> file's bytes: whole numbers from 0 on.</param>
    /// <exception cref="InteropException">Bytes that are no such file, or a label that is no whole number from 0 on.
    /// </exception>
    /// <exception cref="ShapeMismatchException">Not one row for each label.</exception>
    public static IExamples OfNumPy(ReadOnlySpan<byte> inputs, ReadOnlySpan<byte> labels)
    {
        var classes = Npy.Decode(labels, "labels").ToArray();
        var wrong = Array.FindIndex(classes, label => label < 0 || label != MathF.Truncate(label));
        if (wrong >= 0)
            throw new InteropException("labels", $"{classes[wrong]:R} at index {wrong}, where 0, 1, 2, … belong");
        return Of(Npy.Decode(inputs, "inputs"), Array.ConvertAll(classes, label => (int)label));
    }

    /// <summary>Comma-separated numbers, one example a line: inputs [columns − 1], read to the end at once.</summary>
    /// <param name="text">
    /// With or without a first line of names: one that has no number, or has the label's name.
    /// </param>
    /// <param name="file">Names it in errors.</param>
    /// <param name="label">The name of the label's column; none: the first column.</param>
    /// <exception cref="DatasetException">A field that is no number, a label that is no whole number from 0 on, lines
    /// of different length, no such column, or no examples. The message says in which line.</exception>
    public static IExamples OfCsv(TextReader text, string file, string? label = null) =>
        Of(CsvExamples.Read(text, file, label));

    private sealed class SplitExamples(Split split) : IExamples
    {
        public int Count => split.Count;

        public (Tensor Input, int Label) this[int index]
        {
            get
            {
                var image = split.Image(index);
                var values = new float[image.Length];
                for (var i = 0; i < values.Length; i++) values[i] = image[i];
                return (Tensor.Own(values, [1, split.Rows, split.Columns]), split.Labels[index]);
            }
        }
    }

    private sealed class ListExamples(ImmutableArray<(Tensor Input, int Label)> examples) : IExamples
    {
        public int Count => examples.Length;

        public (Tensor Input, int Label) this[int index] => examples[index];
    }

    private sealed class ArrayExamples(Tensor inputs, ImmutableArray<int> labels) : IExamples
    {
        private readonly int[] _shape = inputs.Shape.ToArray()[1..];

        public int Count => labels.Length;

        public (Tensor Input, int Label) this[int index] => (inputs.Rows(index, 1).View(_shape), labels[index]);
    }
}
