namespace ActorTrain.Actors.Bulk;

/// <summary>Since when something has not moved: one thread writes it and another reads; 0 while it may rest.</summary>
internal static class Stillness
{
    public static void Start(ref long since) => Volatile.Write(ref since, Environment.TickCount64);

    public static void End(ref long since) => Volatile.Write(ref since, 0);

    public static long Of(ref long since)
    {
        var start = Volatile.Read(ref since);
        return start == 0 ? 0 : Environment.TickCount64 - start;
    }
}
