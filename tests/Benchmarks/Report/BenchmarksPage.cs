namespace ActorTrain.Benchmarks.Report;

/// <summary>The page of all benchmarks: a head, and sections that can be replaced one by one.</summary>
/// <param name="Machine">What all of it was measured on.</param>
/// <param name="Sections">Headings, and the text below each.</param>
internal sealed record BenchmarksPage(string Machine, IReadOnlyList<(string Title, string Text)> Sections)
{
    private const string MachineLabel = "Machine: ";
    private const string Heading = "\n## ";

    /// <summary>Reads one that was written by <see cref="ToString"/>.</summary>
    public static BenchmarksPage Parse(string page)
    {
        var parts = page.ReplaceLineEndings("\n").Split(Heading);
        var machine = parts[0].Split('\n').FirstOrDefault(l => l.StartsWith(MachineLabel, StringComparison.Ordinal));
        return new(machine?[MachineLabel.Length..] ?? "", [.. parts.Skip(1).Select(Section)]);

        static (string, string) Section(string text)
        {
            var end = text.IndexOf('\n', StringComparison.Ordinal);
            return (text[..end], text[(end + 1)..].Trim());
        }
    }

    /// <summary>The page with some sections: in the place of those of the same heading, new ones at the end.</summary>
    public BenchmarksPage With(IEnumerable<(string Title, string Text)> sections)
    {
        var all = Sections.ToList();
        foreach (var section in sections)
        {
            var index = all.FindIndex(s => s.Title == section.Title);
            if (index < 0) all.Add(section);
            else all[index] = section;
        }
        return this with { Sections = all };
    }

    /// <summary>As Markdown.</summary>
    public override string ToString() => $"""
        # Benchmarks

        Written by

        ```sh
        dotnet run -c Release --project tests/Benchmarks -- all --peers FOLDER
        ```

        `FOLDER` holds the peers (`torchsharp/run.sh`, `ddp_gloo.py`); what is absent is said to be absent.
        `-- NAME --peers FOLDER --write` measures one part again and replaces its sections; `-- quick` takes less than
        two minutes and writes nothing.

        {MachineLabel}{Machine}

        Figures are medians, with least and most in brackets, of contenders that took turns: compare the columns of one
        table, not tables of different moments. Bars stand beside the figures that have one; those that depend on the
        processor are {ActorTrain.Benchmarks.Report.Machine.BarsOf}.

        [performance.md](performance.md) says what bounds the kernel, [scaling.md](scaling.md) what many nodes would
        cost, [strategies.md](strategies.md) has accuracy and bytes of the strategies and compressions,
        [control-plane.md](control-plane.md) what a message through Akka.Remote costs.
        {string.Concat(Sections.Select(s => $"{Heading}{s.Title}\n\n{s.Text}\n"))}
        """;
}
