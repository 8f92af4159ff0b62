using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Training;

public class RecipeFileTests
{
    private const string Logits = """{"layers":[{"name":"fc1","type":"Linear","in":4,"out":2}]}""";

    [Fact]
    public void What_a_file_leaves_out_stays_as_it_is()
    {
        Assert.Equal(Tiny.Recipe, RecipeFile.Read("{ /* nothing */ }").Over(Tiny.Recipe));
        Assert.Equal(
            Tiny.Recipe with { Epochs = 9, Optimizer = new Lion(0.5f), Loss = new NLLLoss([1, 2]) },
            RecipeFile.Read(
                """
                {
                  "epochs": 9,
                  "optimizer": { "type": "lion", "learningRate": 0.5, "beta1": 0.9, "beta2": 0.99, "weightDecay": 0 },
                  "loss": { "type": "nll", "weight": [1, 2] },
                }
                """).Over(Tiny.Recipe));
    }

    [Fact]
    public void Everything_that_a_recipe_says_can_be_in_a_file()
    {
        var recipe = Tiny.Recipe with
        {
            Model = Sequential.Mlp(9, 2),
            Loss = new NLLLoss([1, 2], 1),
            LearningRateSchedule = new StepLR(3, 0.5),
            Clipping = new ClipByValue(1),
            Averaging = new WeightAveraging(0.9f),
            Initialization = new((new("*"), new Constant(1))),
            InitialSha256 = new('0', 64),
            Frozen = new("fc1.*"),
            Augmentation = new([new RandomHorizontalFlip()]),
            Strategy = new Asynchronous(),
            Compression = new Bf16(),
            MaxSteps = 3,
            DropLast = true,
        };
        var file = RecipeFile.Read(RecipeJson.WriteIndented(recipe));
        Assert.Equal(recipe, file.Over(new Recipe()));
        Assert.Equal(recipe, file.Over(Tiny.Recipe));
        Assert.Equal((null, null, null), (file.Schedule, file.Data, file.Validation));
    }

    [Fact]
    public void A_model_file_says_the_model_only_and_its_last_layer_the_loss()
    {
        var model = new Sequential(("fc1", new Linear(4, 2)));
        var file = RecipeFile.Read(Logits);
        Assert.Equal(
            Tiny.Recipe with { Model = model, Loss = new CrossEntropyLoss() }, file.Over(Tiny.Recipe));
        var smoothed = Tiny.Recipe with { Model = model, Loss = new CrossEntropyLoss(0.1f) };
        Assert.Equal(smoothed, file.Over(smoothed));
        const string log = """
            {"layers":[{"name":"fc1","type":"Linear","in":4,"out":2},{"name":"log","type":"LogSoftmax"}]}
            """;
        Assert.Equal(new NLLLoss(), RecipeFile.Read(log).Over(smoothed).Loss);
    }

    [Fact]
    public void Data_its_division_and_a_schedule_as_text_are_for_whoever_loads_the_data()
    {
        var file = RecipeFile.Read("""{"data":"fashion-mnist","validation":5000,"schedule":"onecycle:0.1"}""");
        Assert.Equal(("fashion-mnist", 5000, "onecycle:0.1"), (file.Data, file.Validation, file.Schedule));
        Assert.Equal(new ConstantRate(), file.Over(new Recipe()).LearningRateSchedule);
    }

    [Theory]
    [InlineData("""{"type":"sgd"}""", "sgd", 0.01f)]
    [InlineData("""{"type":"adam","learningRate":0.5}""", "adam", 0.5f)]
    [InlineData("""{"type":"adamw"}""", "adamw", 0.001f)]
    [InlineData("""{"type":"rmsprop"}""", "rmsprop", 0.01f)]
    [InlineData("""{"type":"adagrad"}""", "adagrad", 0.01f)]
    [InlineData("""{"type":"adadelta"}""", "adadelta", 1f)]
    [InlineData("""{"type":"lion"}""", "lion", 0.0001f)]
    public void What_an_optimizer_leaves_out_is_as_in_code(string json, string name, float rate)
    {
        Optimizer expected = name switch
        {
            "sgd" => new Sgd(rate),
            "adam" => new Adam(rate),
            "adamw" => new AdamW(rate),
            "rmsprop" => new RMSprop(rate),
            "adagrad" => new Adagrad(rate),
            "adadelta" => new Adadelta(rate),
            _ => new Lion(rate),
        };
        Assert.Equal(expected, RecipeFile.Read($$"""{"optimizer":{{json}}}""").Over(new Recipe()).Optimizer);
    }

    [Theory]
    [InlineData(
        """{"epoch":3}""",
        "recipe.epoch is no key; there are model, loss, optimizer, batchSize, microbatches, dropLast, seed, kernel, "
        + "epochs, maxSteps, strategy, compression, schedule, clipping, averaging, initialization, initialSha256, "
        + "frozen, augmentation, data and validation.")]
    [InlineData("""{"epochs":"3"}""", "recipe.epochs is \"3\"; give a whole number.")]
    [InlineData("""{"validation":0.5}""", "recipe.validation is 0.5; give a whole number.")]
    [InlineData("""{"data":7}""", "recipe.data is 7; give a text.")]
    [InlineData("""{"optimizer":{"learningRate":1}}""", "recipe.optimizer.type is missing; give a text.")]
    [InlineData("""{"loss":{"type":"mse"}}""", "recipe.loss.type is \"mse\"; give nll or cross-entropy.")]
    [InlineData("[]", "The file holds no JSON object.")]
    [InlineData(
        """{"layers":[{"name":"fc1","type":"Linear","in":4,"out":2,"bais":false}]}""",
        "model.layers[0].bais is no key; there are name, type, in, out and bias.")]
    [InlineData(
        """{"model":{"layers":[{"name":"a","type":"Residual","body":{"type":"Dropout","probability":0.9}}]}}""",
        "recipe.model.layers[0].body.probability is no key; there are type and p.")]
    [InlineData(
        """
        {"layers":[{"name":"a","type":"Sequential","layers":[
            {"name":"b","type":"Conv2d","in":1,"out":2,"kernel":3,"strides":2}]}]}
        """,
        "model.layers[0].layers[0].strides is no key; there are name, type, in, out, kernel, stride, padding and "
        + "bias.")]
    [InlineData(
        """{"layers":[{"name":"a","type":"Sequential","layers":[{"name":"f","type":"Flatten"}],"layer":[]}]}""",
        "model.layers[0].layer is no key; there are name, type and layers.")]
    [InlineData(
        """{"model":{"layers":[{"name":"f","type":"Flatten"}],"size":1}}""",
        "recipe.model.size is no key; there is layers.")]
    [InlineData("""{"layers":[{"name":"f","type":"Flatten"}],"size":1}""", "model.size is no key; there is layers.")]
    [InlineData(
        """{"layers":[],"batchSize":8}""",
        "batchSize stands beside layers; a recipe's layers stand in its model: "
        + "{ \"model\": { \"layers\": [ … ] }, \"batchSize\": … }.")]
    [InlineData(
        """{"optimizer":{"type":"lion","epsilon":1}}""",
        "recipe.optimizer.epsilon is no key; there are type, learningRate, beta1, beta2 and weightDecay.")]
    [InlineData(
        """
        {"schedule":{"type":"warmup","steps":3,"start":0.1,"then":{"type":"exponential","gamma":0.9,"steps":2}}}
        """,
        "recipe.schedule.then.steps is no key; there are type and gamma.")]
    [InlineData(
        """{"schedule":{"type":"constant","gamma":0.9}}""", "recipe.schedule.gamma is no key; there is type.")]
    [InlineData(
        """{"clipping":{"norm":1,"max":2}}""", "recipe.clipping.max is no key; there are norm and value.")]
    [InlineData(
        """{"clipping":{"norm":1,"value":2}}""", "recipe.clipping has norm and value; give one of them.")]
    [InlineData(
        """{"averaging":{"decay":0.9,"warmup":2}}""", "recipe.averaging.warmup is no key; there is decay.")]
    [InlineData(
        """{"loss":{"type":"cross-entropy","smoothing":0.1}}""",
        "recipe.loss.smoothing is no key; there are weight, ignoreIndex, type and labelSmoothing.")]
    [InlineData(
        """{"augmentation":[{"type":"random_horizontal_flip"},{"type":"random_horizontal_flip","P":1}]}""",
        "recipe.augmentation[1].P is no key; there are type and p.")]
    [InlineData(
        """{"initialization":[{"parameters":"*","type":"xavier_normal","a":1}]}""",
        "recipe.initialization[0].a is no key; there are parameters, type and gain.")]
    public void What_is_no_recipe_is_one_clear_error(string text, string message) =>
        Assert.Equal(message, Assert.Throws<RecipeException>(() => RecipeFile.Read(text)).Message);
}
