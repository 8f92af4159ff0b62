namespace ActorTrain.Host.Terminal;

/// <summary>What is said about an exception that no command foresaw: a mistake of this program.</summary>
internal static class UnforeseenError
{
    /// <summary>The environment variable that asks for the stack too, with any value.</summary>
    public const string Variable = "ACTORTRAIN_STACK";

    /// <summary>One line, or the exception with its stack.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="asked">The variable's value.</param>
    public static string Text(Exception e, string? asked)
    {
        if (!string.IsNullOrEmpty(asked)) return e.ToString();
        var cause = e;
        while (cause is AggregateException && cause.InnerException is { } inner) cause = inner;
        return $"unexpected: {cause.Message.ReplaceLineEndings(" ")} ({cause.GetType().Name}); this is a mistake of "
            + $"this program: {Variable}=1 shows where";
    }
}
