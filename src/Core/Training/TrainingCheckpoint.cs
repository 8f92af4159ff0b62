using System.Text.Json.Nodes;
using ActorTrain.Checkpoints;
using ActorTrain.Schedules;

namespace ActorTrain;

/// <summary>All that a checkpoint holds: what is trained on what, and how far it is.</summary>
/// <param name="Recipe">The run's recipe.</param>
/// <param name="Data">What it is trained on.</param>
/// <param name="State">The run at that moment.</param>
/// <param name="Origin">Which server of which run wrote it; none outside a cluster.</param>
public sealed record TrainingCheckpoint(
    Recipe Recipe, DataDescription Data, TrainingState State, RunOrigin? Origin = null)
{
    // For recipe, data and history, and the schedule of a run that has one.
    private const int MostHeaderBytes = 1 << 20;

    /// <summary>The parameters for use: their average where the recipe keeps one, else the last ones.</summary>
    public FlatVector BestParameters => Recipe.UpdateRule.AverageOf(State.Parameters, State.Optimizer);

    /// <summary>
    /// The whole file: recipe, data, position, totals, history, the schedule if there is one; then parameters and
    /// moments, each as one vector.
    /// </summary>
    public byte[] Encode()
    {
        var (recipe, state) = (Recipe, State);
        var header = new JsonObject
        {
            ["recipe"] = JsonNode.Parse(RecipeJson.Write(recipe)),
            ["data"] = ToJson(Data),
            ["epoch"] = state.Position.Epoch,
            ["step"] = state.Position.Step,
            ["updates"] = state.Optimizer.Step,
            ["totals"] = new JsonObject
            {
                ["lossSum"] = JsonNumber.Write(state.Totals.LossSum),
                ["correct"] = state.Totals.Correct,
                ["seen"] = state.Totals.Seen,
            },
            ["history"] = new JsonArray([.. state.History.Select(ToJson)]),
        };
        if (Origin is { } origin)
            header["origin"] = new JsonObject { ["run"] = origin.Run, ["incarnation"] = origin.Incarnation };
        if (state.Schedule is { } schedule) header["schedule"] = ScheduleFormat.Pack(schedule);
        return CheckpointFormat.Encode(header.ToJsonString(), [state.Parameters, .. state.Optimizer.Moments]);
    }

    /// <summary>Why the states of a recipe's runs can't be checkpoints, in one sentence; none: they can.</summary>
    public static string? Refusal(Recipe recipe)
    {
        var (count, vectors) = (recipe.Model.Layout.Count, 1 + recipe.UpdateRule.MomentCount);
        var most = (Array.MaxLength - MostHeaderBytes) / sizeof(float) / vectors;
        return count <= most ? null : $"the model has {count} parameters, and a checkpoint, of at most "
            + $"{Array.MaxLength} bytes, holds {vectors} numbers for each with this optimizer; give a model of at most "
            + $"{most}.";
    }

    /// <summary>The checkpoint of a file's contents.</summary>
    /// <param name="contents">The file's.</param>
    /// <param name="layers">Layers of your own that its model may have; none: the built-in ones only.</param>
    /// <exception cref="RecipeException">The recipe or the schedule in it can't be read by this version.</exception>
    public static TrainingCheckpoint Decode(CheckpointContents contents, LayerRegistry? layers = null)
    {
        var vectors = contents.Vectors;
        var json = RecipeJson.Parse(contents.Header);
        var header = new JsonReader(json, "checkpoint");
        header.Object("recipe");
        var recipe = RecipeJson.Read(json["recipe"]!.ToJsonString(), layers);
        var count = recipe.Model.Layout.Count;
        if (vectors.Length != 1 + recipe.UpdateRule.MomentCount || vectors.Any(v => v.Count != count))
            throw new RecipeException("checkpoint: the vectors have "
                + $"{string.Join(", ", vectors.Select(v => v.Count))} floats; its recipe needs "
                + $"{1 + recipe.UpdateRule.MomentCount} of {count}.");
        var totals = header.Object("totals");
        return new(recipe, ToData(header.Object("data")), new(
            new(header.Value<int>("epoch"), header.Value<int>("step")),
            vectors[0],
            new(header.Value<long>("updates"), vectors[1..]),
            new(totals.Number("lossSum"), totals.Value<long>("correct"), totals.Value<long>("seen")),
            [.. header.Array("history").Select(ToSummary)])
        {
            Schedule = header.Has("schedule") ? ScheduleFormat.Unpack(header.Value<string>("schedule")) : null,
        }, header.Has("origin") ? ToOrigin(header.Object("origin")) : null);
    }

    /// <summary>Who wrote a checkpoint; none outside a cluster.</summary>
    /// <param name="header">A checkpoint file's.</param>
    /// <exception cref="RecipeException">It is none that this version can read.</exception>
    public static RunOrigin? OriginOf(string header)
    {
        var json = new JsonReader(RecipeJson.Parse(header), "checkpoint");
        return json.Has("origin") ? ToOrigin(json.Object("origin")) : null;
    }

    /// <summary>What a checkpoint's run is trained on.</summary>
    /// <inheritdoc cref="OriginOf"/>
    public static DataDescription DataOf(string header) =>
        ToData(new JsonReader(RecipeJson.Parse(header), "checkpoint").Object("data"));

    private static JsonObject ToJson(DataDescription data) => new()
    {
        ["name"] = data.Name,
        ["sha256"] = data.Sha256,
        ["trainCount"] = data.TrainCount,
        ["testCount"] = data.TestCount,
        ["rows"] = data.Rows,
        ["columns"] = data.Columns,
        ["classes"] = data.Classes,
        ["mean"] = data.Normalization.Mean,
        ["standardDeviation"] = data.Normalization.StandardDeviation,
    };

    private static RunOrigin ToOrigin(JsonReader json) => new(json.Value<Guid>("run"), json.Value<long>("incarnation"));

    private static DataDescription ToData(JsonReader json) => new(
        json.Value<string>("name"), json.Value<string>("sha256"), json.Value<int>("trainCount"),
        json.Value<int>("testCount"),
        json.Value<int>("rows"), json.Value<int>("columns"), json.Value<int>("classes"),
        new(json.Value<float>("mean"), json.Value<float>("standardDeviation")));

    private static JsonObject ToJson(EpochSummary e) => new()
    {
        ["epoch"] = e.Epoch,
        ["trainLoss"] = JsonNumber.Write(e.TrainLoss),
        ["trainAccuracy"] = JsonNumber.Write(e.TrainAccuracy),
        ["testLoss"] = JsonNumber.Write(e.TestLoss),
        ["testAccuracy"] = JsonNumber.Write(e.TestAccuracy),
        ["seen"] = e.SamplesSeen,
        ["expected"] = e.SamplesExpected,
        ["weightsSha256"] = e.WeightsSha256,
    };

    private static EpochSummary ToSummary(JsonReader json) => new(
        json.Value<int>("epoch"), json.Number("trainLoss"), json.Number("trainAccuracy"),
        json.Number("testLoss"), json.Number("testAccuracy"), json.Value<long>("seen"),
        json.Value<long>("expected"), json.Value<string>("weightsSha256"));
}

/// <summary>Which server of which run.</summary>
/// <param name="Run">Names the run, the same for all its servers.</param>
/// <param name="Incarnation">The server's fencing number.</param>
public sealed record RunOrigin(Guid Run, long Incarnation);
