using System.Reflection.PortableExecutable;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>What makes the program start fast. How fast is not tested: test machines are busy.</summary>
public class StartTests
{
    [Theory]
    [InlineData("actortrain", true)]
    [InlineData("ActorTrain.Actors", true)]
    [InlineData("Akka", true)]
    [InlineData("Akka.Cluster.Tools", true)]
    [InlineData("DotNetty.Transport", true)]
    [InlineData("Microsoft.Extensions.DependencyInjection", true)]
    [InlineData("ScottPlot", true)]
    [InlineData("Spectre.Console", true)]
    [InlineData("System.CommandLine", true)]
    [InlineData("ActorTrain.Core", false)]
    public void The_output_has_machine_code_of_all_but_Core(string assembly, bool isCompiledAhead)
    {
        using var file = File.OpenRead(Path.Combine(Path.GetDirectoryName(TestProgram.Assembly)!, assembly + ".dll"));
        using var reader = new PEReader(file);
        Assert.Equal(isCompiledAhead, reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0);
    }

    [Theory, InlineData("--help"), InlineData("train --help"), InlineData("--version")]
    public void Help_loads_neither_actors_nor_pictures_nor_the_host(string arguments)
    {
        using var program = new TestProgram();
        var result = program.Run(
            [("DOTNET_STARTUP_HOOKS", typeof(StartTests).Assembly.Location)], arguments.Split(' '));
        Assert.Equal(0, result.ExitCode);
        var loaded = result.Error.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Contains("System.CommandLine", loaded);
        Assert.DoesNotContain(loaded, name => name.StartsWith("Akka", StringComparison.Ordinal)
            || name.StartsWith("ScottPlot", StringComparison.Ordinal)
            || name.StartsWith("Spectre", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.Extensions.Hosting", StringComparison.Ordinal));
    }
}
