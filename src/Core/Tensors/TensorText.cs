using System.Globalization;
using System.Text;

namespace ActorTrain;

/// <summary>
/// A tensor as PyTorch prints it: whole numbers as <c>1.</c>, others with four decimals, with an exponent where they
/// are very large or small or far apart; columns aligned; of long ones the ends only.
/// </summary>
internal static class TensorText
{
    private const int Shown = 3;
    private const int MostWhole = 1000;

    public static string Of(Tensor tensor)
    {
        var isShort = tensor.Shape.Count > MostWhole;
        var shown = new List<float>();
        Visit(tensor, isShort, [], shown.Add);
        var format = FormatOf(shown);
        var width = shown.Count == 0 ? 0 : shown.Max(value => format(value).Length);
        var text = new StringBuilder("tensor(");
        Print(text, tensor, isShort, [], value => format(value).PadLeft(tensor.Shape.Rank == 0 ? 0 : width));
        return text.Append(')').ToString();
    }

    private static Func<float, string> FormatOf(List<float> values)
    {
        var magnitudes = values.Where(v => float.IsFinite(v) && v != 0).Select(v => Math.Abs((double)v)).ToList();
        var (least, most) = magnitudes.Count == 0 ? (1, 1) : (magnitudes.Min(), magnitudes.Max());
        var isWhole = magnitudes.TrueForAll(v => v == Math.Floor(v));
        // PyTorch's rule.
        var isScientific = most / least > 1000 || most > 1e8 || (!isWhole && least < 1e-4);
        var format = isScientific ? "0.0000e+00" : isWhole ? "0'.'" : "0.0000";
        return value => float.IsNaN(value) ? "nan"
            : float.IsInfinity(value) ? (value > 0 ? "inf" : "-inf")
            : value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static void Print(
        StringBuilder text, Tensor tensor, bool isShort, ReadOnlySpan<int> prefix, Func<float, string> format)
    {
        if (prefix.Length == tensor.Shape.Rank)
        {
            text.Append(format(tensor[prefix]));
            return;
        }
        var size = tensor.Shape[prefix.Length];
        var isInnermost = prefix.Length == tensor.Shape.Rank - 1;
        var lines = tensor.Shape.Rank - prefix.Length - 1;
        var separator = isInnermost ? ", "
            : "," + new string('\n', lines) + new string(' ', "tensor(".Length + prefix.Length + 1);
        text.Append('[');
        for (var i = 0; i < size; i++)
        {
            if (i > 0) text.Append(separator);
            if (isShort && size > 2 * Shown && i == Shown)
            {
                text.Append(" ...");
                i = size - Shown - 1;
                continue;
            }
            Print(text, tensor, isShort, [.. prefix, i], format);
        }
        text.Append(']');
    }

    private static void Visit(Tensor tensor, bool isShort, ReadOnlySpan<int> prefix, Action<float> visit)
    {
        if (prefix.Length == tensor.Shape.Rank)
        {
            visit(tensor[prefix]);
            return;
        }
        var size = tensor.Shape[prefix.Length];
        for (var i = 0; i < size; i++)
        {
            if (isShort && size > 2 * Shown && i == Shown) i = size - Shown;
            Visit(tensor, isShort, [.. prefix, i], visit);
        }
    }
}
