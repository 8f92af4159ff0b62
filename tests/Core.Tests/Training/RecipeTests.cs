using ActorTrain.Core.Tests.Support;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Training;

public class RecipeTests
{
    // Checkpoints and fingerprints hold this text: it must not change.
    private const string Golden =
        """{"model":{"layers":[{"name":"fc1","type":"Linear","in":4,"out":3},{"name":"relu1","type":"ReLU"},"""
        + """{"name":"fc2","type":"Linear","in":3,"out":2},{"name":"log_softmax","type":"LogSoftmax"}]}"""
        + ""","loss":"nll","optimizer":{"type":"sgd","learningRate":0.1,"momentum":0.9}"""
        + ""","batchSize":8,"microbatches":4,"dropLast":false,"seed":7,"kernel":"managed","epochs":2}""";

    [Fact]
    public void The_canonical_text_is_fixed()
    {
        Assert.Equal(Golden, RecipeJson.Write(Tiny.Recipe));
        Assert.Equal(Tiny.Recipe, RecipeJson.Read(Golden));
    }

    [Property]
    public bool What_is_written_is_read_again(
        byte sizes, bool crossEntropy, ushort batch, float rate, ulong seed, ushort maxSteps, bool dropLast)
    {
        var positive = float.IsFinite(rate) && rate != 0 ? Math.Abs(rate) : 0.5f;
        var recipe = new Recipe
        {
            Model = Sequential.Mlp(1 + (sizes % 7), 1 + (sizes / 7), 2),
            Loss = crossEntropy ? new CrossEntropyLoss() : new NLLLoss(),
            Optimizer = sizes % 2 == 0
                ? new Sgd(positive, (sizes % 10) / 10f)
                : new Adam(positive, (sizes % 10) / 10f, 0.99f, positive, positive),
            BatchSize = 1 + batch,
            Seed = seed,
            DropLast = dropLast,
            MaxSteps = maxSteps == 0 ? null : maxSteps,
        };
        return RecipeJson.Read(RecipeJson.Write(recipe)) == recipe
            && RecipeJson.Read(RecipeJson.WriteIndented(recipe)) == recipe;
    }

    [Theory]
    [InlineData("ssp:3", "none", ""","strategy":"ssp:3"}""")]
    [InlineData("async", "bf16", ""","strategy":"async","compression":"bf16"}""")]
    [InlineData("local:8", "none", ""","strategy":"local:8"}""")]
    [InlineData("sync", "topk:0.01", ""","compression":"topk:0.01"}""")]
    public void Strategy_and_compression_are_written_where_they_are_not_the_default(
        string strategy, string compression, string end)
    {
        Assert.True(Strategy.TryParse(strategy, out var parsed) & Compression.TryParse(compression, out var encoding));
        var recipe = Tiny.Recipe with { Strategy = parsed!, Compression = encoding! };
        Assert.Equal(Golden[..^1] + end, RecipeJson.Write(recipe));
        Assert.Equal(recipe, RecipeJson.Read(Golden[..^1] + end));
        Assert.True(recipe.HasSchedule);
    }

    [Fact]
    public void An_update_rules_parts_are_written_where_they_are_not_the_default()
    {
        var recipe = Tiny.Recipe with
        {
            LearningRateSchedule = new WarmUp(5, 0.25, new MultiStepLR([10, 20], 0.5)),
            Clipping = new ClipByNorm(1.5f),
            Averaging = new WeightAveraging(0.99f),
        };
        var text = Golden[..^1]
            + ""","schedule":{"type":"warmup","steps":5,"start":0.25,"then":"""
            + """{"type":"multistep","milestones":[10,20],"gamma":0.5}}"""
            + ""","clipping":{"norm":1.5},"averaging":{"decay":0.99}}""";
        Assert.Equal(text, RecipeJson.Write(recipe));
    }

    [Fact]
    public void A_losss_settings_are_written_where_they_are_not_the_default()
    {
        AssertLoss(""" {"type":"cross-entropy","labelSmoothing":0.25} """, new CrossEntropyLoss(0.25f));
        AssertLoss(""" {"type":"nll","weight":[1,0.5],"ignoreIndex":1} """, new NLLLoss([1, 0.5f], 1));
        AssertLoss(""" "cross-entropy" """, new CrossEntropyLoss());

        static void AssertLoss(string json, Loss loss)
        {
            var recipe = Tiny.Recipe with { Loss = loss };
            Assert.Contains($"\"loss\":{json.Trim()},", RecipeJson.Write(recipe), StringComparison.Ordinal);
            Assert.Equal(recipe, RecipeJson.Read(RecipeJson.Write(recipe)));
        }
    }

    [Fact]
    public void Initialization_and_frozen_parameters_are_read_again()
    {
        var recipe = Tiny.Recipe with
        {
            Frozen = new("fc1.*"),
            Initialization = new(
                (new("*.weight"), new XavierUniform(2)), (new("fc1.weight"), new XavierNormal()),
                (new("fc2.weight"), new KaimingUniform(1)), (new("fc*.weight"), new KaimingNormal(1)),
                (new("*.bias"), new Constant(0.5f)), (new("fc1.bias"), new Normal(1, 2)),
                (new("fc2.bias"), new Uniform(-1, 1))),
        };
        Assert.Equal(recipe, RecipeJson.Read(RecipeJson.Write(recipe)));
        Assert.EndsWith(
            """{"parameters":"fc2.bias","type":"uniform","low":-1,"high":1}],"frozen":"fc1.*"}""",
            RecipeJson.Write(recipe), StringComparison.Ordinal);
        Assert.Equal(
            ["initialization is fc3.*, which no parameter is named; there are fc1.weight, fc1.bias, fc2.weight, "
                + "fc2.bias."],
            (Tiny.Recipe with { Initialization = new((new("fc3.*"), new Constant(1))) }).Errors());
        Assert.Equal(
            "recipe.initialization: XavierUniform: Gain is 0; give a number above 0.",
            Assert.Throws<RecipeException>(() => RecipeJson.Read(RecipeJson.Write(recipe).Replace(
                "\"gain\":2", "\"gain\":0", StringComparison.Ordinal))).Message);
    }

    [Fact]
    public void A_model_whose_checkpoints_would_be_too_large_is_refused()
    {
        // 795 numbers for each hidden unit, and 10.
        var recipe = new Recipe { Model = Sequential.Mlp(784, 337_000, 10) };
        Assert.Null(TrainingCheckpoint.Refusal(recipe));
        Assert.Equal(
            "the model has 267915010 parameters, and a checkpoint, of at most 2147483591 bytes, holds 3 numbers for "
            + "each with this optimizer; give a model of at most 178869584.",
            TrainingCheckpoint.Refusal(recipe with { Optimizer = new Adam() }));
    }

    [Fact]
    public void Augmentation_is_read_again_names_another_run_and_must_keep_the_images_size()
    {
        var recipe = Tiny.Recipe with
        {
            Augmentation = Transforms.Compose(
                new RandomAffine(10, 0.1f, 0.9f, 1.1f, 5, 1), new RandomCrop(2, 2, 1, 3),
                new RandomHorizontalFlip(0.25f), new ElasticDeform(20, 4, 2)),
        };
        Assert.Equal(recipe, RecipeJson.Read(RecipeJson.Write(recipe)));
        Assert.EndsWith(
            """{"type":"elastic_deform","alpha":20,"sigma":4,"fill":2}]}""", RecipeJson.Write(recipe),
            StringComparison.Ordinal);
        Assert.NotEqual(Tiny.Recipe.Sha256("data"), recipe.Sha256("data"));
        Assert.Empty(recipe.Errors());
        recipe.CheckFits(Tiny.Data.Description);
        Assert.Equal(
            "augmentation: RandomCrop has shape [2, 1], expected [2, 2]. Crop to the size of the images, from a larger "
            + "padding.",
            Assert.Throws<ShapeMismatchException>(() => (recipe with { Augmentation = new([new RandomCrop(2, 1)]) })
                .CheckFits(Tiny.Data.Description)).Message);
        (recipe with { Augmentation = new([new RandomCrop(2, 2, 2)]) }).CheckFits(Tiny.Data.Description);
        Assert.Equal(
            "augmentation: RandomCrop has padding 3 for images of 2x2 pixels; give at most 2, beyond which nothing is "
            + "left of them.",
            Assert.Throws<RecipeException>(() => (recipe with { Augmentation = new([new RandomCrop(2, 2, 3)]) })
                .CheckFits(Tiny.Data.Description)).Message);
        Assert.Equal(
            ["augmentation has ToTensor; give RandomAffine, RandomCrop, RandomHorizontalFlip and ElasticDeform only."],
            (recipe with { Augmentation = new([new ToTensor()]) }).Errors());
        Assert.Equal(
            "recipe.augmentation: ElasticDeform: Sigma is 0; give a number above 0.",
            Assert.Throws<RecipeException>(() => RecipeJson.Read(RecipeJson.Write(recipe).Replace(
                "\"sigma\":4", "\"sigma\":0", StringComparison.Ordinal))).Message);
    }

    [Fact]
    public void Every_update_rule_is_read_again_and_names_another_run()
    {
        var recipes = UpdateRules.All.Values.Select(rule => Tiny.Recipe.With(rule)).ToList();
        foreach (var recipe in recipes) Assert.Equal(recipe, RecipeJson.Read(RecipeJson.Write(recipe)));
        Assert.Equal(recipes.Count, recipes.Select(recipe => recipe.Sha256("data")).Distinct().Count());
    }

    [Theory, InlineData("ssp"), InlineData("ssp:-1"), InlineData("ssp:1000001"), InlineData("local:0")]
    [InlineData("local:2.5"), InlineData("async:1"), InlineData("sync:"), InlineData("Async"), InlineData("")]
    public void A_strategy_that_does_not_exist_is_refused(string text) => Assert.Equal(
        $"recipe.strategy is \"{text}\"; give sync, ssp:BOUND (a staleness from 0 to 1000000), async, or local:STEPS "
        + "(from 1 to 1000000).",
        Assert.Throws<RecipeException>(() => RecipeJson.Read(Golden[..^1] + $",\"strategy\":\"{text}\"}}")).Message);

    [Fact]
    public void A_compression_that_does_not_exist_is_refused() => Assert.Equal(
        "recipe.compression is \"fp8\"; give none, bf16, or topk:FRACTION (above 0, at most 1).",
        Assert.Throws<RecipeException>(() => RecipeJson.Read(Golden[..^1] + ""","compression":"fp8"}""")).Message);

    [Fact]
    public void Local_steps_send_no_gradient_to_compress() => Assert.Equal(
        ["compression is bf16 with strategy local:8; give none: local steps send parameters, not gradients."],
        new Recipe { Strategy = new LocalSgd(8), Compression = new Bf16() }.Errors());

    [Fact]
    public void The_fingerprint_says_what_determines_the_weights_at_a_step()
    {
        var data = Tiny.Data.Sha256;
        var sha256 = Tiny.Recipe.Sha256(data);
        Assert.Equal(sha256, (Tiny.Recipe with { Epochs = 50, MaxSteps = 3 }).Sha256(data));
        Recipe[] others =
        [
            Tiny.Recipe with { Seed = 8 }, Tiny.Recipe with { BatchSize = 9 },
            Tiny.Recipe with { Microbatches = 5 }, Tiny.Recipe with { DropLast = true },
            Tiny.Recipe with { Kernel = "mkl" },
            Tiny.Recipe with { Optimizer = new Sgd(0.1f, 0) }, Tiny.Recipe with { Loss = new CrossEntropyLoss() },
            Tiny.Recipe with { Model = Sequential.Mlp(4, 4, 2) },
            Tiny.Recipe with { Strategy = new Asynchronous() }, Tiny.Recipe with { Compression = new Bf16() },
        ];
        Assert.Equal(
            11, others.Select(r => r.Sha256(data)).Append(sha256).Append(Tiny.Recipe.Sha256(data)).Distinct().Count());
        Assert.NotEqual(sha256, Tiny.Recipe.Sha256("other data"));
    }

    [Fact]
    public void Every_mistake_is_named_with_what_is_allowed()
    {
        Assert.Empty(new Recipe().Errors());
        Assert.Equal(
            ["batch-size is 0; give 1 or more.", "microbatches is 4097; give 1 to 4096.",
                "epochs is 0; give 1 or more.", "max-steps is 0; give 1 or more."],
            new Recipe { BatchSize = 0, Microbatches = 4097, Epochs = 0, MaxSteps = 0 }.Errors());
        Assert.Equal(["microbatches is 0; give 1 to 4096."], new Recipe { Microbatches = 0 }.Errors());
    }

    [Fact]
    public void A_model_that_does_not_fit_the_data_is_refused_with_the_mend()
    {
        Assert.Equal(
            "model for dataset 'tiny': output has shape [5], expected [2]. The dataset has 2 classes; give the last "
            + "Linear 2 out features.",
            Assert.Throws<ShapeMismatchException>(() =>
                (Tiny.Recipe with { Model = Sequential.Mlp(4, 3, 5) }).CheckFits(Tiny.Data.Description)).Message);
        Assert.Equal(
            "fc1: Linear(5, 2): input has shape [4], expected [5]. Use Linear(4, 2).",
            Assert.Throws<ShapeMismatchException>(() =>
                (Tiny.Recipe with { Model = Sequential.Mlp(5, 2) }).CheckFits(Tiny.Data.Description)).Message);
    }

    [Theory]
    [InlineData("\"batchSize\":8", "\"batchSize\":\"8\"", "recipe.batchSize is \"8\"; give a whole number.")]
    [InlineData("\"batchSize\":8", "\"batchSize\":8.5", "recipe.batchSize is 8.5; give a whole number.")]
    [InlineData("\"batchSize\":8,", "", "recipe.batchSize is missing; give a whole number.")]
    [InlineData("\"seed\":7", "\"seed\":-7", "recipe.seed is -7; give a whole number from 0.")]
    [InlineData("\"dropLast\":false", "\"dropLast\":0", "recipe.dropLast is 0; give true or false.")]
    [InlineData("\"kernel\":\"managed\"", "\"kernel\":1", "recipe.kernel is 1; give a text.")]
    [InlineData("\"nll\"", "\"mse\"", "recipe.loss is \"mse\"; give nll or cross-entropy.")]
    [InlineData(
        "\"sgd\"", "\"lamb\"",
        "recipe.optimizer.type is \"lamb\"; give sgd, adam, adamw, rmsprop, adagrad, adadelta or lion.")]
    [InlineData("0.9}", "1.5}", "recipe.optimizer: Sgd: the momentum is 1.5; give 0 (none) or more, below 1.")]
    [InlineData(
        "\"epochs\":2", "\"epochs\":2,\"schedule\":{\"type\":\"multistep\",\"milestones\":[1,\"2\"],\"gamma\":1}",
        "recipe.schedule.milestones[1] is \"2\"; give a whole number.")]
    [InlineData(
        "\"epochs\":2", "\"epochs\":2,\"clipping\":{\"norm\":0}",
        "recipe.clipping: ClipByNorm: MaxNorm is 0; give a number above 0.")]
    [InlineData("0.9}", "[]}", "recipe.optimizer.momentum is []; give a number.")]
    public void A_text_that_is_no_recipe_is_refused_by_key_and_value(string part, string instead, string message)
    {
        Assert.Contains(part, Golden, StringComparison.Ordinal);
        var e = Assert.Throws<RecipeException>(
            () => RecipeJson.Read(Golden.Replace(part, instead, StringComparison.Ordinal)));
        Assert.Equal(message, e.Message);
    }

    [Fact]
    public void A_key_that_is_given_twice_is_refused_by_name()
    {
        string[] texts =
        [
            Golden[..^1] + ",\"seed\":8}",
            Golden.Replace("\"in\":3", "\"in\":3,\"in\":4", StringComparison.Ordinal),
        ];
        var messages = texts.Select(text => Assert.Throws<RecipeException>(() => RecipeJson.Read(text)).Message);
        Assert.Equal(
            [
                "A key is given twice: Duplicate property 'seed' encountered during deserialization.",
                "A key is given twice: Duplicate property 'in' encountered during deserialization.",
            ], messages);
    }

    [Fact]
    public void A_text_without_an_object_is_refused()
    {
        Assert.Equal(
            "The file holds no JSON object.", Assert.Throws<RecipeException>(() => RecipeJson.Read("[]")).Message);
        Assert.Equal(
            "recipe.model is missing or no object; give an object.",
            Assert.Throws<RecipeException>(() => RecipeJson.Read("{}")).Message);
        Assert.StartsWith(
            "Not JSON: ", Assert.Throws<RecipeException>(() => RecipeJson.Read("{")).Message, StringComparison.Ordinal);
    }
}
