using System.Globalization;

namespace ActorTrain;

/// <summary>Reads labelled numbers from comma-separated text: one example a line, one column its label.</summary>
internal static class CsvExamples
{
    /// <summary>All examples of a text; <paramref name="file"/> names it in errors.</summary>
    public static List<(Tensor Input, int Label)> Read(TextReader text, string file, string? label)
    {
        var examples = new List<(Tensor Input, int Label)>();
        var (columns, labelColumn, isFirst) = (0, 0, true);
        for (var number = 1; text.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            var fields = line.Split(',', StringSplitOptions.TrimEntries);
            if (isFirst)
            {
                isFirst = false;
                columns = fields.Length;
                var isHeader = Array.TrueForAll(fields, field => Number(field) is null)
                    || Array.Exists(fields, field => Unquoted(field) == label);
                labelColumn = LabelColumn(isHeader ? fields : null, label, file);
                if (isHeader) continue;
            }
            examples.Add(Example(fields, columns, labelColumn, $"{file}, line {number}"));
        }
        return examples.Count > 0
            ? examples
            : throw new DatasetException(file, "no examples", "a line of numbers for each, one of them its label");
    }

    private static int LabelColumn(string[]? header, string? label, string file)
    {
        if (label is null) return 0;
        var column = header is null ? -1 : Array.FindIndex(header, name => Unquoted(name) == label);
        if (column >= 0) return column;
        throw header is null
            ? new DatasetException(file, $"no header that names the column {label}", "a first line with names")
            : new DatasetException(
                file, $"no column {label}", $"one of {string.Join(", ", header.Select(Unquoted))} as the label");
    }

    private static (Tensor Input, int Label) Example(string[] fields, int columns, int labelColumn, string place)
    {
        if (fields.Length != columns)
            throw new DatasetException(place, $"{fields.Length} fields", $"{columns}, as in the first line");
        var input = new float[columns - 1];
        for (var (column, i) = (0, 0); column < columns; column++)
        {
            if (column == labelColumn) continue;
            input[i++] = Number(fields[column])
                ?? throw new DatasetException(place, $"'{fields[column]}' in field {column + 1}", "a number");
        }
        return int.TryParse(fields[labelColumn], NumberStyles.None, CultureInfo.InvariantCulture, out var label)
            ? (Tensor.Own(input, [input.Length]), label)
            : throw new DatasetException(place, $"the label '{fields[labelColumn]}'", "a whole number from 0");
    }

    private static float? Number(string field) =>
        float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string Unquoted(string name) => name.Trim('"');
}
