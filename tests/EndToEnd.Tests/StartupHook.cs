/// <summary>
/// What .NET runs in a process before its Main when <c>DOTNET_STARTUP_HOOKS</c> names this assembly; the name is
/// .NET's. At the process's end it writes the assemblies that were loaded to the standard error.
/// </summary>
internal static class StartupHook
{
    /// <summary>Called by .NET.</summary>
    public static void Initialize() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            Console.Error.WriteLine(assembly.GetName().Name);
    };
}
