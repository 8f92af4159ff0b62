using ActorTrain.Actors;
using ActorTrain.Architecture.Tests;
using ActorTrain.Host.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ActorTrain.Host.Tests;

/// <summary>
/// Every ready recipe fits its data and trains, with the same bits on two shards as on one thread. What it reaches in
/// the end is measured by <c>Benchmarks -- recipes</c>.
/// </summary>
public class RecipesTests
{
    private static readonly string Folder = Repository.In("configs", "recipes");

    // Images of MNIST's size also for the recipe of Fashion-MNIST, which is not everywhere.
    private static readonly Dataset Data = Part(Dataset.Mnist());

    public static TheoryData<string> Recipes =>
        [.. Directory.EnumerateFiles(Folder, "*.json").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Recipes))]
    public async Task A_recipe_trains_with_the_same_bits_on_two_shards(string file)
    {
        var ct = TestContext.Current.CancellationToken;
        var recipe = Read(file, maxSteps: 3);
        Assert.Empty(recipe.Errors());
        recipe.CheckFits(Data.Description);
        var expected = Trainer.Train(recipe, Data, cancellation: ct);
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddActorTrain(new TrainingJob
        {
            Recipe = recipe,
            LoadData = _ => Task.FromResult(Data),
            Shards = 2,
        });
        using var host = builder.Build();
        await host.StartAsync(ct);
        var outcome = await host.Services.GetRequiredService<TrainingRun>().Completion.WaitAsync(ct);
        await host.StopAsync(ct);
        Assert.Equal(expected.State.Parameters.Sha256(), outcome.State.Parameters.Sha256());
        Assert.NotEqual(TrainingState.Initial(recipe).Parameters.Sha256(), outcome.State.Parameters.Sha256());
        Assert.Equal(expected.Evaluation.LossSum, outcome.Evaluation!.LossSum);
    }

    [Theory, MemberData(nameof(Recipes))]
    public void A_recipes_file_says_how_it_is_run_and_what_to_expect_as_the_page_does(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        var row = File.ReadLines(Path.Combine(Folder, "..", "..", "docs", "recipes.md"))
            .Single(line => line.StartsWith($"| [{name}](../configs/recipes/{file}) |", StringComparison.Ordinal))
            .Split(" | ");
        Assert.Contains(
            $"  // actortrain train --model configs/recipes/{file}\n"
            + $"  // Expected: {row[2]} test accuracy, {row[3].TrimEnd(' ', '|')} s of training on two cores.\n",
            File.ReadAllText(Path.Combine(Folder, file)).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_seeds_recipe_is_what_the_program_does_without_options() =>
        Assert.Equal(new Recipe(), Read("seed-mlp.json", maxSteps: null));

    private static Recipe Read(string file, int? maxSteps)
    {
        var settings = TrainSettings.Read(TrainConfiguration.Build(
            file: null, [KeyValuePair.Create("Training:Model", (string?)Path.Combine(Folder, file))]));
        return (settings with { MaxSteps = maxSteps }).NewRecipe(Data);
    }

    private static Dataset Part(Dataset mnist) =>
        Dataset.Combine("mnist", mnist.Train.Slice(0, 600), mnist.Test.Slice(0, 200), mnist.Classes);
}
