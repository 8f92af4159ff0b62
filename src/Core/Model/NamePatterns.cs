using System.IO.Enumeration;

namespace ActorTrain;

/// <summary>
/// Names of parameters: names or patterns with commas between them, where <c>*</c> stands for anything:
/// <c>fc1.*,conv1.weight</c>.
/// </summary>
/// <param name="Text">The patterns.</param>
public sealed record NamePatterns(string Text)
{
    /// <summary>The patterns, at least one, none empty.</summary>
    public string Text { get; } = Text.Split(',').All(pattern => !string.IsNullOrWhiteSpace(pattern))
        ? Text
        : throw new ArgumentException(
            $"NamePatterns: '{Text}' has an empty pattern; give names with commas between them.", nameof(Text));

    /// <summary>True when a pattern matches the whole name.</summary>
    public bool Matches(string name) =>
        Parts.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));

    /// <summary>A sentence for each pattern that no parameter of the layout matches.</summary>
    public IEnumerable<string> Errors(string key, ParameterLayout layout) =>
        from pattern in Parts
        where !layout.Slots.Any(slot => FileSystemName.MatchesSimpleExpression(pattern, slot.Name, ignoreCase: false))
        select $"{key} is {pattern}, which no parameter is named; there are "
            + $"{string.Join(", ", layout.Slots.Select(slot => slot.Name))}.";

    /// <inheritdoc/>
    public override string ToString() => Text;

    private string[] Parts => Text.Split(',', StringSplitOptions.TrimEntries);
}
