using System.CommandLine;
using System.Globalization;
using ActorTrain.Host.Configuration;
using Spectre.Console;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain gradcheck</c>: a model's gradients beside finite differences.</summary>
internal static class GradCheckCommand
{
    private const int RedirectedWidth = 160;

    // Of an example: 64 MB, of which a layer may need many times as much.
    private const int MostElements = 1 << 24;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var model = new Option<string>("--model")
        {
            HelpName = "mlp|FILE",
            Description = "mlp, or a JSON file with the model's layers, or a recipe (default mlp)",
        };
        var own = LayerFiles.Option();
        var shape = new Option<string>("--shape")
        {
            HelpName = "SIZES",
            Description = "of an example, for example 784 or 1,28,28 (default: what the model takes, or 784)",
        };
        var elements = new Option<int>("--elements")
        {
            HelpName = "N",
            Description = "elements of each input and parameter that are compared, spread over all (default 50)",
            DefaultValueFactory = _ => 50,
        };
        var seed = new Option<ulong>("--seed")
        {
            HelpName = "N",
            Description = "seed of examples, parameters and weights of outputs (default 1)",
            DefaultValueFactory = _ => GradCheckOptions.Default.Seed,
        };
        const string description = "Compare the gradients of a model's layers and of its loss with finite differences.";
        var command = new Command("gradcheck", description) { model, own, shape, elements, seed };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(elements) is < 1 and var few)
                throw new UsageException($"--elements is {few}; give 1 or more.");
            var file = ModelOption.Read(parsed.GetValue(model), LayerFiles.Load(parsed.GetValue(own)));
            var recipe = file?.Over(new Recipe()) ?? new Recipe();
            var options = GradCheckOptions.Default with
            {
                MostElements = parsed.GetValue(elements),
                Seed = parsed.GetValue(seed),
            };
            return Show(recipe.Model, recipe.Loss, Example(parsed.GetValue(shape), recipe.Model), options);
        });
        return command;
    }

    private static Shape Example(string? text, Sequential model)
    {
        if (text is null) return model.InputShape ?? [784];
        var sizes = text.Split(',').Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0).ToList();
        if (sizes.Count is < 1 or >= Shape.MaxRank || sizes.Exists(size => size < 1))
            throw new UsageException($"--shape is '{text}'; give sizes from 1 with commas between them: 1,28,28.");
        return sizes.Aggregate((Int128)1, (count, size) => count * size) <= MostElements
            ? Shape.Create([.. sizes])
            : throw new UsageException($"--shape is '{text}'; give sizes whose product is at most {MostElements}.");
    }

    private static int Show(Sequential model, Loss loss, Shape example, GradCheckOptions options)
    {
        var table = new Table().AddColumns("layer", "type", "gradient of", "compared", "worst at", "gradient");
        table.AddColumns("by differences", "");
        var (count, wrong) = (0, 0);
        foreach (var (name, layer, check) in Grad.CheckLayers(model, example, options))
            Add(name, layer.GetType().Name, check);
        var output = model.OutputShape(example);
        if (output.Rank != 1)
            throw new ShapeMismatchException(
                loss.GetType().Name, "output", output, "[classes]", "Give a model that ends in one score a class.");
        Add("loss", loss.GetType().Name, Grad.Check(loss, output[0], options));
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = RedirectedWidth;
        AnsiConsole.Write(table);
        Console.WriteLine(wrong == 0 ? $"all {count} agree" : $"{wrong} of {count} disagree");
        return wrong == 0 ? 0 : 1;

        void Add(string name, string type, GradCheck check)
        {
            foreach (var input in check.Inputs)
            {
                count++;
                if (!input.Agrees) wrong++;
                table.AddRow([
                    .. new[]
                    {
                        name, type, $"{input.Name} {input.Shape}", $"{input.Compared}", $"{input.Element}",
                        Number(input.Gradient), Number(input.Difference),
                        input.Agrees ? "agrees" : $"{input.Wrong} WRONG",
                    }.Select(Markup.Escape),
                ]);
            }
        }
    }

    private static string Number(double value) => (value + 0.0).ToString("G6", CultureInfo.InvariantCulture);
}
