using System.Reflection;
using System.Runtime.CompilerServices;
using ActorTrain.Actors;

namespace ActorTrain.Architecture.Tests;

/// <summary>Arrows only point inwards: Host → Actors → Core.</summary>
public class ArrowTests
{
    private static readonly Assembly Core = typeof(Tensor).Assembly;
    private static readonly Assembly Actors = typeof(TrainingRun).Assembly;
    private static readonly Assembly Host = Assembly.Load("actortrain");

    [Fact]
    public void Core_knows_neither_Akka_nor_Microsoft_Extensions_nor_the_network() =>
        Assert.DoesNotContain(References(Core), name => IsOneOf(name, "Akka", "Microsoft.Extensions",
            "Microsoft.AspNetCore", "System.Net", "System.Console", "ActorTrain"));

    [Fact]
    public void Core_references_the_runtime_and_MathNet_only() =>
        Assert.All(References(Core), name => Assert.True(IsOneOf(name, "System", "MathNet.Numerics"), name));

    [Fact]
    public void Actors_know_neither_console_nor_AspNetCore_nor_the_host() =>
        Assert.DoesNotContain(References(Actors), name => IsOneOf(
            name, "System.Console", "Spectre", "System.CommandLine", "Microsoft.AspNetCore", "actortrain"));

    [Fact]
    public void The_host_knows_both()
    {
        Assert.Contains("ActorTrain.Core", References(Host));
        Assert.Contains("ActorTrain.Actors", References(Host));
    }

    [Fact]
    public void No_public_type_of_Core_has_a_property_that_can_be_set_after_construction()
    {
        var settable = Core.GetExportedTypes()
            .SelectMany(t => t.GetProperties(
                BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(p => p.SetMethod is { IsPublic: true } set
                && !set.ReturnParameter.GetRequiredCustomModifiers()
                .Contains(typeof(IsExternalInit)))
            .Select(p => $"{p.DeclaringType!.Name}.{p.Name}");
        Assert.Empty(settable);
    }

    [Fact]
    public void No_actor_handles_a_message_with_async_void() => Assert.Empty(
        Actors.GetTypes()
            .SelectMany(t => t.GetMethods(
                BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic
                | BindingFlags.DeclaredOnly))
            .Where(m => m.ReturnType == typeof(void) && m.GetCustomAttribute<AsyncStateMachineAttribute>() is not null)
            .Select(m => $"{m.DeclaringType!.Name}.{m.Name}"));

    private static IEnumerable<string> References(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(r => r.Name!);

    private static bool IsOneOf(string name, params string[] prefixes) =>
        prefixes.Any(p => name == p || name.StartsWith(p + ".", StringComparison.Ordinal));
}
