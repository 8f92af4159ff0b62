using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorTrain.Checkpoints;

namespace ActorTrain;

/// <summary>A training state as the bytes of a checkpoint file and back.</summary>
public static class TrainingCheckpoint
{
    /// <summary>The whole file: recipe, position, totals, history; then parameters and moments, each as one vector.</summary>
    public static byte[] Encode(Recipe recipe, TrainingState state)
    {
        var header = new JsonObject
        {
            ["recipe"] = JsonNode.Parse(RecipeJson.Write(recipe)),
            ["epoch"] = state.Position.Epoch,
            ["step"] = state.Position.Step,
            ["updates"] = state.Optimizer.Step,
            ["totals"] = new JsonObject { ["lossSum"] = state.Totals.LossSum, ["correct"] = state.Totals.Correct, ["seen"] = state.Totals.Seen },
            ["history"] = new JsonArray([.. state.History.Select(ToJson)]),
        };
        return CheckpointFormat.Encode(header.ToJsonString(), [state.Parameters.Memory, .. state.Optimizer.Moments.Select(m => m.Memory)]);
    }

    /// <summary>The recipe and state of a file's contents.</summary>
    /// <exception cref="CheckpointException">The contents are damaged, or of another version or program.</exception>
    /// <exception cref="RecipeException">The recipe in them can't be read by this version.</exception>
    public static (Recipe Recipe, TrainingState State) Decode(ReadOnlyMemory<byte> contents)
    {
        var (headerText, vectors) = CheckpointFormat.Decode(contents);
        var json = RecipeJson.Parse(headerText);
        var header = new JsonReader(json, "checkpoint");
        header.Object("recipe");
        var recipe = RecipeJson.Read(json["recipe"]!.ToJsonString());
        var count = recipe.Model.Layout.Count;
        if (vectors.Count != 1 + recipe.Optimizer.MomentCount || vectors.Any(v => v.Length != count))
            throw new RecipeException($"checkpoint: the vectors have {string.Join(", ", vectors.Select(v => v.Length))} floats; its recipe needs {1 + recipe.Optimizer.MomentCount} of {count}.");
        var totals = header.Object("totals");
        var flat = vectors.Select(v => FlatVector.From(v.Span)).ToImmutableArray();
        return (recipe, new(
            new(header.Value<int>("epoch"), header.Value<int>("step")),
            flat[0],
            new(header.Value<long>("updates"), flat[1..]),
            new(totals.Value<double>("lossSum"), totals.Value<long>("correct"), totals.Value<long>("seen")),
            [.. header.Array("history").Select(ToSummary)]));
    }

    private static JsonObject ToJson(EpochSummary e) => new()
    {
        ["epoch"] = e.Epoch,
        ["trainLoss"] = e.TrainLoss,
        ["trainAccuracy"] = e.TrainAccuracy,
        ["testLoss"] = e.TestLoss,
        ["testAccuracy"] = e.TestAccuracy,
        ["seen"] = e.SamplesSeen,
        ["expected"] = e.SamplesExpected,
        ["weightsSha256"] = e.WeightsSha256,
        ["trainSeconds"] = e.TrainSeconds,
    };

    private static EpochSummary ToSummary(JsonReader json) => new(
        json.Value<int>("epoch"), json.Value<double>("trainLoss"), json.Value<double>("trainAccuracy"),
        json.Value<double>("testLoss"), json.Value<double>("testAccuracy"), json.Value<long>("seen"), json.Value<long>("expected"),
        json.Value<string>("weightsSha256"), json.Value<double>("trainSeconds"));
}
