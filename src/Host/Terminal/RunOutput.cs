namespace ActorTrain.Host.Terminal;

/// <summary>Standard output where it goes to a file or another program.</summary>
internal static class RunOutput
{
    /// <summary>What it does not take is an error that names it: of most commands it is the result.</summary>
    public static void Name() => Guard(e => throw new FailureException($"standard output: {e.Message}"));

    /// <summary>What it does not take is said once, and costs no run: a run's results are files.</summary>
    public static void LetFail()
    {
        var told = 0;
        Guard(e =>
        {
            if (Interlocked.Exchange(ref told, 1) == 0)
                Console.Error.WriteLine($"standard output: {e.Message}; the run goes on without it");
        });
    }

    private static void Guard(Action<IOException> onTrouble)
    {
        if (!Console.IsOutputRedirected) return;
        Console.SetOut(new GuardedWriter(
            new StreamWriter(Console.OpenStandardOutput(), Console.OutputEncoding) { AutoFlush = true }, onTrouble));
    }
}
