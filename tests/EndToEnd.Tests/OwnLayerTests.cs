using System.Globalization;
using ActorTrain.Actors;
using ActorTrain.Checkpoints;
using Microsoft.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>The layers of docs/layers.md, compiled from the document, in every command that reads a model.</summary>
public sealed class OwnLayerTests : IDisposable
{
    private const string Unknown =
        "model.layers[1].type is \"Acme.Scale\", a layer that is unknown here; give the assembly that has it (--layers "
        + "FILE.dll, in code a LayerRegistry), or one of Linear, ";

    private readonly TestProgram _program = new();
    private readonly LayerRegistry _layers;

    public OwnLayerTests() => _layers = LayerDocument.WriteLayers(_program.Folder, LayerDocument.Layers);

    private Recipe Recipe => new()
    {
        Model = ModelJson.Read(LayerDocument.ModelWithLayers, _layers),
        Loss = new CrossEntropyLoss(),
        MaxSteps = 40,
    };

    [Fact]
    public void They_train_go_on_and_are_evaluated_and_exported_with_the_bits_of_one_thread()
    {
        string[] own = ["--layers", "Acme.dll"];
        var expected = Trainer.Train(Recipe, Dataset.Mnist(), cancellation: TestContext.Current.CancellationToken);
        _program.Weights([], ["--model", "model.json", .. own, "--max-steps", "20", "--out", "run"]);
        Assert.Equal(
            expected.State.Parameters.Sha256(),
            _program.Weights([], ["--resume", "run", .. own, "--max-steps", "40", "--shards", "2"]));
        var up = _program.Run([
            "up", "--workers", "1", "--model", "model.json", .. own, "--max-steps", "40", "--report", "up.json",
        ]);
        Assert.True(up.ExitCode == 0, up.Error);
        Assert.Contains(
            expected.State.Parameters.Sha256(), File.ReadAllText(_program.In("up.json")), StringComparison.Ordinal);
        var evaluated = _program.Run(["evaluate", "--checkpoint", "run", .. own]);
        Assert.True(evaluated.ExitCode == 0, evaluated.Error);
        Assert.Equal(0, _program.Run(["export", "run", "--to", "model.npz", .. own]).ExitCode);
        Assert.True(File.Exists(_program.In("model.npz")));
        AssertError(
            1, "export: ONNX: 'scale' is a Scale, which has no counterpart there; ",
            ["export", "run", "--to", "model.onnx", .. own]);

        AssertError(
            1, $"{Path.Combine("run", "checkpoints", "step-000000000040.checkpoint")}: recipe.{Unknown}", "evaluate",
            "--checkpoint", "run");
        AssertError(1, $"recipe.{Unknown}", "predict", "--checkpoint", "run", "seven.png");
        AssertError(2, $"--model: model.json: {Unknown}", "train", "--model", "model.json");
    }

    [Fact]
    public void Gradcheck_is_content_with_them_and_finds_a_wrong_one()
    {
        var right = _program.Run("gradcheck", "--model", "model.json", "--layers", "Acme.dll");
        Assert.True(right.ExitCode == 0, right.Output + right.Error);
        Assert.Contains("Scale", right.Output, StringComparison.Ordinal);
        Assert.EndsWith("all 10 agree", right.Output.TrimEnd(), StringComparison.Ordinal);

        var wrong = LayerDocument.Layers.Replace(
            "outputGradient * saved.Tensor!", "outputGradient", StringComparison.Ordinal);
        Directory.CreateDirectory(_program.In("wrong"));
        LayerDocument.WriteLayers(_program.In("wrong"), wrong);
        var found = _program.Run("gradcheck", "--model", "model.json", "--layers", "wrong/Acme.dll");
        Assert.Equal(1, found.ExitCode);
        Assert.EndsWith("1 of 10 disagree", found.Output.TrimEnd(), StringComparison.Ordinal);
        var line = Assert.Single(found.Output.Split('\n'), l => l.Contains("WRONG", StringComparison.Ordinal));
        Assert.Matches("scale .*Scale .*weight \\[16\\]", line);
    }

    [Fact]
    public void Gradcheck_takes_a_recipe_and_refuses_what_it_can_not_check()
    {
        File.WriteAllText(_program.In("recipe.json"), RecipeJson.WriteIndented(new()
        {
            Model = new(("pool", new AvgPool2d(2)), ("flatten", new Flatten()), ("fc", new Linear(8, 3))),
            Loss = new CrossEntropyLoss(0.1f),
        }));
        var checkedRecipe = _program.Run("gradcheck", "--model", "recipe.json", "--shape", "2,4,4", "--elements", "5");
        Assert.True(checkedRecipe.ExitCode == 0, checkedRecipe.Output + checkedRecipe.Error);
        Assert.Contains("CrossEntropyLoss", checkedRecipe.Output, StringComparison.Ordinal);
        AssertError(2, "pool: AvgPool2d(2): input has shape [784], expected ", "gradcheck", "--model", "recipe.json");
        AssertError(
            2, "--shape is '2,x'; give sizes from 1 with commas between them: 1,28,28.", "gradcheck", "--shape", "2,x");
        AssertError(2, "--elements is 0; give 1 or more.", "gradcheck", "--elements", "0");
    }

    [Fact]
    public void An_assembly_that_can_not_be_taken_is_one_clear_error()
    {
        File.WriteAllText(_program.In("text.dll"), "text");
        AssertError(
            2, "--layers: nowhere.dll does not exist; give the .dll of a project with layers.", "train", "--layers",
            "nowhere.dll");
        AssertError(
            2, "--layers: text.dll is no assembly of .NET; give the .dll of a project.", "evaluate", "--layers",
            "text.dll");
        AssertError(
            2, $"--layers: {TestProgram.Assembly}: there is no layer in it; make one a record of Layer that is an "
            + "INamedLayer<…> of itself.", "gradcheck", "--layers", TestProgram.Assembly);
    }

    [Fact]
    public async Task A_hosted_run_has_the_bits_of_one_thread_and_its_checkpoint_is_read_again()
    {
        var folder = new CheckpointFolder(_program.In("checkpoints"), keep: 1);
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Services.AddActorTrain(
            new TrainingJob { Recipe = Recipe, Layers = _layers, Shards = 2, Checkpoints = folder });
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var outcome = await host.Services.GetRequiredService<TrainingRun>().Completion;
        await host.StopAsync(TestContext.Current.CancellationToken);

        var expected = Trainer.Train(Recipe, Dataset.Mnist(), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected.State.Parameters.Sha256(), outcome.State.Parameters.Sha256());
        var contents = folder.Newest().Found!.Contents;
        var checkpoint = TrainingCheckpoint.Decode(contents, _layers);
        Assert.Equal(Recipe, checkpoint.Recipe);
        Assert.Equal(expected.State.Parameters.Sha256(), checkpoint.State.Parameters.Sha256());
        Assert.StartsWith(
            $"recipe.{Unknown}", Assert.Throws<RecipeException>(() => TrainingCheckpoint.Decode(contents)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_documents_programs_check_differentiate_train_and_read_them_again()
    {
        var programs = LayerDocument.Blocks("csharp").Skip(1).ToList();
        Assert.Equal(2, programs.Count);
        var checkedLines = LinesOf(programs[0]);
        Assert.All(checkedLines[..^2], line => Assert.Contains(": agrees; ", line, StringComparison.Ordinal));
        Assert.InRange(double.Parse(checkedLines[^2], CultureInfo.InvariantCulture), 0.2, 1);
        Assert.Equal("True", checkedLines[^1]);

        // The slope along v is the gradient's share in v.
        var numbers = LinesOf(programs[1])[0].Split(' ');
        Assert.Equal(
            double.Parse(numbers[2], CultureInfo.InvariantCulture),
            double.Parse(numbers[1], CultureInfo.InvariantCulture), tolerance: 1e-5);
    }

    private string[] LinesOf(string program)
    {
        var name = $"own-{Guid.NewGuid():N}";
        var path = Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
        File.WriteAllBytes(
            path, SourceCompiler.Assembly(name, OutputKind.ConsoleApplication, LayerDocument.Layers, program));
        try
        {
            var result = _program.RunBeside(path);
            Assert.True(result.ExitCode == 0, result.Output + result.Error);
            return result.Output.TrimEnd().Split('\n');
        }
        finally
        {
            File.Delete(path);
        }
    }

    public void Dispose() => _program.Dispose();

    private void AssertError(int exitCode, string message, params string[] arguments)
    {
        var result = _program.Run(arguments);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }
}
