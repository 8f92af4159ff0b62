namespace ActorTrain.Benchmarks;

/// <summary>The program <c>actortrain</c>, for benchmarks of whole processes.</summary>
internal static class ProgramFile
{
    /// <summary>As it was built with this program; in its own folder it has compiled packages.</summary>
    public static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var program = Path.Combine(folder.FullName, "src", "Host", "bin", "Release", "net10.0", "actortrain.dll");
            if (File.Exists(program)) return program;
        }
        throw new FileNotFoundException("actortrain.dll is not built; run: dotnet build src/Host -c Release");
    }
}
