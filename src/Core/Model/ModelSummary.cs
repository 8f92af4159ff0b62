using System.Globalization;
using System.Text;

namespace ActorTrain;

/// <summary>A model as a table: what each layer gives, and what it costs.</summary>
public static class ModelSummary
{
    /// <summary>The table, a line for each layer, then totals.</summary>
    /// <param name="layer">The model.</param>
    /// <param name="example">The shape of one example, without the batch dimension.</param>
    /// <exception cref="ShapeMismatchException">It does not take such examples; the message says where.</exception>
    public static string Of(Layer layer, Shape example)
    {
        layer.OutputShape(example);
        List<string[]> rows = [["Layer", "Type", "Output", "Parameters"]];
        Add(rows, "", layer, example);
        var widths = Enumerable.Range(0, 4).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
            text.Append(row[0].PadRight(widths[0])).Append("  ").Append(row[1].PadRight(widths[1])).Append("  ")
                .Append(row[2].PadRight(widths[2])).Append("  ").Append(row[3].PadLeft(widths[3])).Append('\n');
        var count = layer.Layout.Count;
        var trained = layer.Layout.Slots.Where(slot => slot.StatisticMomentum == 0).Sum(slot => slot.Shape.Count);
        return text.Append(
            CultureInfo.InvariantCulture,
            $"{count} parameters, {trained} of them trained, {count * (double)sizeof(float) / 1024:F1} KiB")
            .ToString();
    }

    private static Shape Add(List<string[]> rows, string name, Layer layer, Shape input)
    {
        if (layer is Sequential model)
        {
            foreach (var (part, child) in model.Layers)
                input = Add(rows, name.Length == 0 ? part : $"{name}.{part}", child, input);
            return input;
        }
        var output = layer.OutputShape(input);
        if (layer is Residual residual) Add(rows, name.Length == 0 ? "body" : $"{name}.body", residual.Body, input);
        rows.Add(
        [
            name, layer.GetType().Name, $"[N{string.Concat(output.ToArray().Select(size => $", {size}"))}]",
            (layer is Residual ? 0 : layer.Layout.Count).ToString(CultureInfo.InvariantCulture),
        ]);
        return output;
    }
}
