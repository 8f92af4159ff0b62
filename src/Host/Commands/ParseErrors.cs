using System.CommandLine;
using System.CommandLine.Parsing;

namespace ActorTrain.Host.Commands;

/// <summary>What is wrong with a command line, before any command looks at it.</summary>
internal static class ParseErrors
{
    /// <summary>A line for each mistake; none: it can be invoked.</summary>
    public static IEnumerable<string> Of(ParseResult parsed)
    {
        foreach (var error in parsed.Errors) yield return Text(error);
        // Asked for help too, the parser says nothing of a command that is none.
        if (parsed.Errors.Count == 0 && parsed.CommandResult.Command.Subcommands.Count > 0)
            foreach (var token in parsed.UnmatchedTokens)
                yield return $"Unrecognized command or argument '{token}'.";
    }

    /// <summary>The command that was meant, with those above it and a space behind each.</summary>
    public static string CommandOf(ParseResult parsed)
    {
        var names = "";
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: not RootCommand } command;
             at = at.Parent)
            names = $"{command.Command.Name} {names}";
        return names;
    }

    // Without names of .NET's types.
    private static string Text(ParseError error) =>
        (error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult) is { } option
        && option.Option.ValueType is var type && (type == typeof(int) || type == typeof(ulong))
        && error.Message.Contains(type.FullName!, StringComparison.Ordinal)
            ? $"{option.Option.Name} is '{string.Join(' ', option.Tokens)}'; give a whole number."
            : error.Message;
}
