using System.Text.Json;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>Recipes as files, what a run begins with, and what it is judged by.</summary>
public sealed class RecipeFileTests : IDisposable
{
    private static readonly string[] Short = ["--hidden", "8", "--max-steps", "3"];

    private readonly TestProgram _program = new();

    [Fact]
    public void A_run_begins_with_the_parameters_of_any_file_that_has_them()
    {
        _program.Weights([], [.. Short, "--out", "first"]);
        foreach (var file in new[] { "first.safetensors", "first.npz" })
            Assert.Equal(0, _program.Run("export", "first", "--to", file).ExitCode);

        var report = _program.Report([], [.. Short, "--init", "first", "--out", "second"]);

        var (weights, recipe) = (Text(report, "weightsSha256"), Text(report, "recipeSha256"));
        Assert.NotEqual(weights, _program.Weights([], Short));
        foreach (var file in new[] { "first.safetensors", "first.npz" })
        {
            var same = _program.Report([], [.. Short, "--init", file, "--shards", "1"]);
            Assert.Equal((weights, recipe), (Text(same, "weightsSha256"), Text(same, "recipeSha256")));
        }
        // The run's own recipe names them, and what goes on from a checkpoint needs them no more.
        Assert.Equal(weights, _program.Weights([], "--model", "second/recipe.json", "--init", "first.npz"));
        var resumed = _program.Weights([], "--resume", "second", "--max-steps", "5");
        Assert.Equal(resumed, _program.Weights([], [.. Short[..^1], "5", "--init", "first"]));
        var up = _program.Run(
            ["up", "--workers", "1", .. Short, "--init", "first", "--report", _program.In("up.json")]);
        Assert.True(up.ExitCode == 0, up.Output + up.Error);
        Assert.Contains(weights, File.ReadAllText(_program.In("up.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_that_do_not_fit_or_are_not_there_are_one_clear_error()
    {
        _program.Weights([], [.. Short, "--out", "first"]);
        Assert.Equal(0, _program.Run("export", "first", "--to", "first.npz").ExitCode);
        AssertRefused(
            "--init: nowhere does not exist; give a checkpoint, a run's folder, or a file whose name ends in "
            + ".safetensors, .pt, .pth or .npz.", "--init", "nowhere");
        AssertRefused(
            "--init: first.npz: 'fc1.weight': shape [8, 784]; the model's is [9, 784].",
            "--hidden", "9", "--init", "first.npz");
        AssertRefused(
            "--init: first: the model has no parameters: fc2.weight, fc2.bias.", "--hidden", "none", "--init", "first");
        var recipe = $$"""{"initialSha256":"{{new string('0', 64)}}"}""";
        File.WriteAllText(_program.In("recipe.json"), recipe);
        AssertRefused(
            "--init: the recipe begins with the parameters 000000000000; give the file that has them.",
            "--model", "recipe.json");
    }

    [Fact]
    public void A_recipe_is_what_a_file_says_and_then_what_the_options_say()
    {
        File.WriteAllText(_program.In("recipe.json"), """
            {
              // A comment.
              "model": { "layers": [{ "name": "fc1", "type": "Linear", "in": 784, "out": 10 }] },
              "loss": { "type": "cross-entropy", "labelSmoothing": 0.1 },
              "optimizer": { "type": "sgd", "learningRate": 0.5, "momentum": 0 },
              "schedule": "onecycle:0.2",
              "batchSize": 1000,
              "epochs": 1,
              "maxSteps": 4,
              "validation": 5000
            }
            """);
        var report = _program.Report([], "--model", "recipe.json", "--seed", "5", "--lr", "0.25", "--out", "run");
        Assert.Equal(4, report.GetProperty("steps").GetInt32());
        var recipe = RecipeJson.Read(File.ReadAllText(_program.In("run", "recipe.json")));
        Assert.Equal(
            new Recipe
            {
                Model = new(("fc1", new Linear(784, 10))),
                Loss = new CrossEntropyLoss(0.1f),
                Optimizer = new Sgd(0.25f, 0),
                LearningRateSchedule = new OneCycleLR(0.2, 4),
                BatchSize = 1000,
                Epochs = 1,
                MaxSteps = 4,
                Seed = 5,
            }, recipe);
        var data = Dataset.Mnist().WithValidation(5000);
        Assert.Equal(data.Sha256, Text(report, "dataSha256"));
        // All of it is the recipe's: the same by options alone, for other shards and on a worker node.
        string[] options = ["--model", "recipe.json", "--seed", "5", "--lr", "0.25"];
        var weights = Text(report, "weightsSha256");
        Assert.Equal(weights, _program.Weights([], [.. options, "--shards", "3"]));
        var up = _program.Run(["up", "--workers", "1", .. options, "--report", _program.In("up.json")]);
        Assert.True(up.ExitCode == 0, up.Output + up.Error);
        Assert.Contains(weights, File.ReadAllText(_program.In("up.json")), StringComparison.Ordinal);
        Assert.Equal(weights, _program.Weights([], "--model", "run/recipe.json"));
    }

    [Fact]
    public void A_recipe_that_can_not_be_is_one_clear_error()
    {
        File.WriteAllText(_program.In("recipe.json"), """{"epoch":1}""");
        var result = _program.Run("train", "--model", "recipe.json");
        Assert.StartsWith(
            "--model: recipe.json: recipe.epoch is no key; there are ", result.Error, StringComparison.Ordinal);
        File.WriteAllText(_program.In("recipe.json"), """{"schedule":"fast"}""");
        result = _program.Run("train", "--model", "recipe.json");
        Assert.StartsWith(
            "--model: recipe.json: recipe.schedule is 'fast'; give none, step:SIZE:GAMMA, ", result.Error,
            StringComparison.Ordinal);
        AssertRefused(
            "--validation is 60000: mnist has 60000 training examples; give 1 to 59999 of them.",
            "--validation", "60000");
        AssertRefused(
            "Training:LabelSmoothing (--label-smoothing) is '0.1'; give it with a model file that ends in logits: this "
            + "model ends in log-probabilities.", "--label-smoothing", "0.1");
        AssertRefused(
            "loss for dataset 'mnist': class weights has shape [2], expected [10]. Give one weight for each class.",
            "--class-weights", "1,2");
    }

    [Fact]
    public void Class_weights_and_an_ignored_label_give_the_same_bits_on_any_number_of_shards()
    {
        string[] options = [.. Short, "--class-weights", "1,2,1,1,0.5,1,1,3,1,1", "--ignore-label", "9"];
        var one = _program.Weights([], [.. options, "--shards", "1"]);
        Assert.Equal(one, _program.Weights([], [.. options, "--shards", "3"]));
        Assert.NotEqual(one, _program.Weights([], Short));
    }

    public void Dispose() => _program.Dispose();

    private void AssertRefused(string message, params string[] options)
    {
        var result = _program.Run(["train", .. options]);
        Assert.Equal((2, message), (result.ExitCode, result.Error.TrimEnd()));
    }

    private static string Text(JsonElement report, string name) => report.GetProperty(name).GetString()!;
}
