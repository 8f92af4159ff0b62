using ActorTrain.Actors;
using ActorTrain.Host.Configuration;
using Microsoft.Extensions.Configuration;

namespace ActorTrain.Architecture.Tests;

/// <summary>
/// The ready files of <c>configs/</c> are read as the program reads them; processes start from them in Cluster.Tests.
/// </summary>
public class ConfigurationTests
{
    private static readonly DataDescription Mnist =
        new("mnist", "", 60_000, 10_000, 28, 28, 10, new(0.1307f, 0.3081f));

    public static TheoryData<string> Runs => [.. Files("*.json")];

    public static TheoryData<string> Nodes => [.. Files(Path.Combine("cluster", "*.json"))];

    public static TheoryData<string> Models => [.. Files(Path.Combine("models", "*.json"))];

    // Recipes are trained from in Host.Tests.
    [Fact]
    public void Every_ready_file_is_read_by_one_of_these_tests() => Assert.Equal(
        Directory.EnumerateFiles(Repository.In("configs"), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.In("configs"), file)).Order(StringComparer.Ordinal),
        new[] { ".", "cluster", "models", "recipes" }.SelectMany(folder => Files(Path.Combine(folder, "*.json")))
            .Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Runs))]
    public void A_run_is_that_of_the_defaults(string file)
    {
        var (settings, _) = Read(file);
        Assert.Equal(new Recipe(), Recipe(settings));
    }

    [Theory, MemberData(nameof(Nodes))]
    public void A_node_takes_part_in_the_default_run(string file)
    {
        var (settings, configuration) = Read(file);
        var role = configuration["Cluster:Role"];
        Assert.Contains(
            role, new[]
            {
                ClusterSettings.ServerRole, ClusterSettings.WorkerRole, ClusterSettings.AggregatorRole,
                ClusterSettings.HolderRole,
            });
        var cluster = NodeSettings.Read(configuration, role!).Cluster;
        // Who holds a range needs no data, and computes nothing.
        if (role == ClusterSettings.HolderRole) Assert.Equal(new TrainSettings(), settings);
        else Assert.Equal(new Recipe(), Recipe(settings));
        NodeJob job = new()
        {
            Cluster = cluster with { Roles = [role!] },
            Training = new() { Shards = settings.Shards ?? 1 },
        };
        Assert.Empty(job.Errors());
        Assert.NotEmpty(cluster.SeedNodes);
    }

    [Theory, MemberData(nameof(Models))]
    public void A_model_file_is_the_default_model_written_out(string file)
    {
        var model = ModelOption.Read(Repository.In("configs", file), LayerRegistry.Empty);
        Assert.Equal(new Recipe(), model!.Over(new Recipe()));
    }

    private static IEnumerable<string> Files(string pattern)
    {
        var folder = Repository.In("configs", Path.GetDirectoryName(pattern)!);
        return Directory.EnumerateFiles(folder, Path.GetFileName(pattern))
            .Select(file => Path.GetRelativePath(Repository.In("configs"), file)).Order(StringComparer.Ordinal);
    }

    private static (TrainSettings Settings, IConfiguration Configuration) Read(string file)
    {
        var configuration = TrainConfiguration.Build(Repository.In("configs", file), []);
        return (TrainSettings.Read(configuration), configuration);
    }

    // Of data as MNIST is: the files say no other.
    private static Recipe Recipe(TrainSettings settings)
    {
        Assert.Equal("mnist", settings.Data);
        var image = Split.Of(new byte[28 * 28], [0], 28, 28);
        var recipe = settings.NewRecipe(Dataset.Combine("mnist", image, image, classes: 10));
        Assert.Empty(recipe.Errors());
        recipe.CheckFits(Mnist);
        return recipe;
    }
}
