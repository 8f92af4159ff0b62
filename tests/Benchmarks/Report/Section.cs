using System.Text;

namespace ActorTrain.Benchmarks.Report;

/// <summary>A part of the report.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Text">What was measured, how, and what it says.</param>
/// <param name="Head">The table's columns.</param>
/// <param name="Rows">Its rows.</param>
internal sealed record Section(string Title, string Text, string[] Head, IReadOnlyList<string[]> Rows)
{
    /// <summary>Pictures under the table: what each shows, the file's name, and its bytes.</summary>
    public IReadOnlyList<(string Shows, string File, byte[] Png)> Pictures { get; init; } = [];

    /// <summary>As Markdown.</summary>
    public string Markdown() => $"## {Title}\n\n{Body()}";

    /// <summary>The same without its heading.</summary>
    public string Body()
    {
        var text = new StringBuilder().Append(Text.Trim()).Append("\n\n");
        Row(text, Head);
        Row(text, [.. Head.Select(_ => "---")]);
        foreach (var row in Rows) Row(text, row);
        foreach (var (shows, file, _) in Pictures)
            text.Append("\n![").Append(shows).Append("](images/").Append(file).Append(")\n");
        return text.ToString();
    }

    private static void Row(StringBuilder text, string[] cells) =>
        text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
