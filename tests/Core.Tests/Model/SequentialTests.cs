namespace ActorTrain.Core.Tests.Model;

public class SequentialTests
{
    [Fact]
    public void A_layer_that_does_not_fit_the_one_before_is_refused_when_the_model_is_built()
    {
        var e = Assert.Throws<ShapeMismatchException>(() =>
            new Sequential(("fc1", new Linear(784, 128)), ("relu1", new ReLU()), ("fc2", new Linear(100, 64))));
        Assert.Equal("fc2: Linear(100, 64): input has shape [128], expected [100]. Use Linear(128, 64).", e.Message);
        Assert.Equal("[100]", e.Expected);
        Assert.Equal([128], e.Got);
    }

    [Fact]
    public void Two_layers_of_one_name_are_refused()
    {
        var e = Assert.Throws<ArgumentException>(
            () => new Sequential(("fc", new Linear(2, 2)), ("fc", new Linear(2, 2))));
        Assert.StartsWith(
            "Sequential: two layers are named 'fc'; give each its own name.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_without_names_are_called_by_their_places()
    {
        var layers = new Sequential(new Linear(4, 3), new ReLU(), new Linear(3, 2));
        Assert.Equal(new Sequential(("0", new Linear(4, 3)), ("1", new ReLU()), ("2", new Linear(3, 2))), layers);
        Assert.Equal(["0.weight", "0.bias", "2.weight", "2.bias"], layers.Layout.Slots.Select(slot => slot.Name));
        Assert.Equal(
            "1: Linear(2, 2): input has shape [3], expected [2]. Use Linear(3, 2).",
            Assert.Throws<ShapeMismatchException>(() => new Sequential(new Linear(4, 3), new Linear(2, 2))).Message);
    }

    [Fact]
    public void A_layers_parameters_are_found_by_PyTorchs_names_and_shapes()
    {
        var model = Sequential.Mlp(784, 128, 64, 10);
        var parameters = model.Initialize(seed: 7);
        Assert.Equal([128, 784], parameters["fc1.weight"].Shape);
        Assert.Equal([10], parameters["fc3.bias"].Shape);
        Assert.Equal(109_386, model.Layout.Count);
        Assert.Equal(new Linear(128, 64), model["fc2"]);
        var e = Assert.Throws<KeyNotFoundException>(() => parameters["fc4.bias"]);
        Assert.Equal(
            "No parameter is named 'fc4.bias'; there are fc1.weight, fc1.bias, fc2.weight, fc2.bias, fc3.weight, "
            + "fc3.bias.",
            e.Message);
    }

    [Fact]
    public void Prints_like_PyTorch() => Assert.Equal(
        """
        Sequential(
          (fc1): Linear(in_features=4, out_features=3, bias=True)
          (relu1): ReLU()
          (fc2): Linear(in_features=3, out_features=2, bias=True)
          (log_softmax): LogSoftmax(dim=-1)
        )
        """.ReplaceLineEndings("\n"), Sequential.Mlp(4, 3, 2).ToString());

    [Fact]
    public void Models_are_equal_when_their_layers_are()
    {
        Assert.Equal(Sequential.Mlp(4, 3, 2), Sequential.Mlp(4, 3, 2));
        Assert.NotEqual(Sequential.Mlp(4, 3, 2), Sequential.Mlp(4, 2, 2));
    }

    [Fact]
    public void Initial_parameters_are_uniform_within_PyTorchs_bound_and_depend_on_the_seed_alone()
    {
        var model = Sequential.Mlp(784, 128, 64, 10);
        var parameters = model.Initialize(seed: 7);
        foreach (var (name, features) in new[] { ("fc1", 784), ("fc2", 128), ("fc3", 64) })
        {
            var bound = 1 / MathF.Sqrt(features);
            var weight = parameters[$"{name}.weight"].ToArray();
            Assert.All(weight, w => Assert.InRange(w, -bound, bound));
            Assert.InRange(weight.Average(w => (double)w), -bound / 10, bound / 10);
            Assert.InRange(weight.Max(), 0.9f * bound, bound);
        }
        Assert.True(parameters.Span.SequenceEqual(model.Initialize(seed: 7).Span));
        Assert.False(parameters.Span.SequenceEqual(model.Initialize(seed: 8).Span));
        Assert.False(parameters["fc1.weight"].ToArray().AsSpan(0, 8)
            .SequenceEqual(parameters["fc2.weight"].ToArray().AsSpan(0, 8)));
    }

    [Fact]
    public void More_parameters_than_a_vector_can_have_are_refused_when_the_model_is_built() => Assert.StartsWith(
        "'1' has 2000000000 parameters and what is before it 2000050000, together more than an array can hold, "
        + "2147483591.",
        Assert.Throws<ArgumentException>(
            () => new Sequential(new Linear(40000, 50000), new Linear(50000, 40000, Bias: false), new ReLU())).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_model_file_says_the_same_model_again()
    {
        var model = ModelJson.Read(
            """{"layers":[{"name":"a","type":"Linear","in":4,"out":3},{"name":"b","type":"ReLU"}]}""");
        Assert.Equal(new Sequential(("a", new Linear(4, 3)), ("b", new ReLU())), model);
        var e = Assert.Throws<RecipeException>(() => ModelJson.Read("""{"layers":[{"name":"a","type":"Dense"}]}"""));
        Assert.StartsWith(
            "model.layers[0].type is \"Dense\", a layer that is unknown here; give the assembly that has it (--layers "
            + "FILE.dll, in code a LayerRegistry), or one of Linear, Conv2d, ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_that_a_layer_refuses_is_named_with_its_place() => Assert.Equal(
        "model.layers[0]: LeakyReLU: NegativeSlope is -1; give a number from 0.",
        Assert.Throws<RecipeException>(() => ModelJson.Read(
            """{"layers":[{"name":"a","type":"LeakyReLU","slope":-1}]}""")).Message);

    [Theory]
    [InlineData(
        """{"name":"a","type":"Linear","in":784,"out":100000000}""",
        "model.layers[0]: [100000000, 784] has more elements than an array can hold, 2147483591.")]
    [InlineData(
        """{"name":"a","type":"Residual","body":{"type":"Conv2d","in":50000,"out":50000,"kernel":1}}""",
        "model.layers[0].body: [50000, 50000, 1, 1] has more elements than an array can hold, 2147483591.")]
    [InlineData(
        """{"name":"a","type":"Unflatten","channels":65536,"height":65536,"width":1}""",
        "model.layers[0]: [65536, 65536, 1] has more elements than an array can hold, 2147483591.")]
    [InlineData(
        """{"name":"a","type":"Linear","in":40000,"out":40000},{"name":"b","type":"Linear","in":40000,"out":40000}""",
        "model: 'b' has 1600040000 parameters and what is before it 1600040000, together more than an array can hold, "
        + "2147483591.")]
    [InlineData(
        """{"name":"a","type":"BatchNorm1d","features":1000000000}""",
        "model.layers[0]: 'running_mean' has 1000000000 parameters and what is before it 2000000000, together more "
        + "than an array can hold, 2147483591.")]
    [InlineData(
        """{"name":"a","type":"ReLU"},{"name":"a","type":"ReLU"}""",
        "model: Sequential: two layers are named 'a'; give each its own name.")]
    [InlineData(
        """{"name":"b","type":"Sequential","layers":[{"name":"a.b","type":"ReLU"}]}""",
        "model.layers[0]: Sequential: 'a.b' can't name a layer; give a name without dots.")]
    [InlineData("", "model: Sequential: give at least one layer.")]
    public void A_model_file_that_no_model_can_be_made_of_is_refused_with_the_place(string layers, string message) =>
        Assert.Equal(
            message,
            Assert.Throws<RecipeException>(() => ModelJson.Read($$"""{"layers":[{{layers}}]}""")).Message);

    [Fact]
    public void A_model_file_whose_layers_do_not_fit_is_refused_as_the_model_is() => Assert.Equal(
        "b: Linear(2, 2): input has shape [3], expected [2]. Use Linear(3, 2).",
        Assert.Throws<ShapeMismatchException>(() => ModelJson.Read(
            """
            {"layers":[{"name":"s","type":"Sequential","layers":[
              {"name":"a","type":"Linear","in":4,"out":3},{"name":"b","type":"Linear","in":2,"out":2}]}]}
            """)).Message);

    [Fact]
    public void A_layer_or_model_with_more_parameters_than_an_array_can_hold_is_refused_with_its_size()
    {
        Assert.StartsWith(
            "[100000, 100000] has more elements than an array can hold, 2147483591.",
            Assert.Throws<ArgumentException>(() => new Linear(100000, 100000)).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "'bias' has 100000 parameters and what is before it 2147400000, together more than an array can hold, ",
            Assert.Throws<ArgumentException>(() => new Linear(21474, 100000)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_of_images_are_checked_when_the_model_is_built()
    {
        var e = Assert.Throws<ShapeMismatchException>(() => new Sequential(
            ("images", new Unflatten(1, 28, 28)), ("conv1", new Conv2d(1, 6, 5)), ("pool1", new MaxPool2d(2)),
            ("flatten", new Flatten()), ("fc1", new Linear(800, 10))));
        Assert.Equal("fc1: Linear(800, 10): input has shape [864], expected [800]. Use Linear(864, 10).", e.Message);
        e = Assert.Throws<ShapeMismatchException>(() => new Sequential(
            ("images", new Unflatten(3, 4, 4)), ("conv1", new Conv2d(1, 6, 5))));
        Assert.Equal(
            "conv1: Conv2d(1, 6, 5): input has shape [3, 4, 4], expected [channels, height >= 5, width >= 5]. Give "
            + "larger images.", e.Message);
        e = Assert.Throws<ShapeMismatchException>(
            () => new Sequential(("fc", new Linear(4, 4)), ("res", new Residual(new Linear(4, 3)))));
        Assert.Equal(
            "res: Residual: output of its body has shape [3], expected [4]. Give a body that keeps the shape.",
            e.Message);
    }
}
