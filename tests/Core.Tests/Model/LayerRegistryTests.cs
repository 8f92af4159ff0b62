using System.Text.Json.Nodes;

namespace ActorTrain.Core.Tests.Model;

/// <summary>Layers of one's own by name; docs/layers.md's are tested as a user has them, in EndToEnd.Tests.</summary>
public class LayerRegistryTests
{
    [Fact]
    public void A_named_layer_goes_to_a_model_file_and_back_at_any_depth()
    {
        var model = new Sequential(
            ("a", new Residual(new Power(2))), ("b", new Sequential(("c", new Power(3)))), ("d", new Power(1)));
        var layers = LayerRegistry.Empty.With<Power>().With<Power>();
        Assert.Equal(["Tests.Power"], layers.Names);
        Assert.Empty(LayerRegistry.Empty.Names);
        var text = ModelJson.Write(model).ToJsonString();
        Assert.Equal(model, ModelJson.Read(text, layers));
        Assert.Equal(
            """{"name":"d","type":"Tests.Power","exponent":1}""",
            JsonNode.Parse(text)!["layers"]![2]!.ToJsonString());
        var recipe = new Recipe { Model = model };
        Assert.Equal(recipe, RecipeJson.Read(RecipeJson.Write(recipe), layers));
    }

    [Theory]
    [InlineData("", "model.layers[0].exponent is missing; give a whole number.")]
    [InlineData(",\"exponent\":\"x\"", "model.layers[0].exponent is \"x\"; give a whole number.")]
    [InlineData(",\"exponent\":0", "model.layers[0]: Power: Exponent is 0; give 1 or more.")]
    [InlineData(
        ",\"exponent\":2,\"exponnet\":3", "model.layers[0].exponnet is no key; there are name, type and exponent.")]
    public void A_wrong_setting_is_named_with_its_place(string setting, string message) => Assert.Equal(
        message,
        Assert.Throws<RecipeException>(() => ModelJson.Read(
            $$"""{"layers":[{"name":"a","type":"Tests.Power"{{setting}}}]}""",
            LayerRegistry.Empty.With<Power>())).Message);

    [Fact]
    public void What_a_layer_writes_can_be_read_though_it_does_not_ask_for_it()
    {
        var layers = LayerRegistry.Empty.With<Noted>();
        var model = new Sequential(("a", new Noted()));
        var text = ModelJson.Write(model).ToJsonString();
        Assert.Equal("""{"layers":[{"name":"a","type":"Tests.Noted","note":"f(x) = x"}]}""", text);
        Assert.Equal(model, ModelJson.Read(text, layers));
    }

    [Fact]
    public void A_name_that_is_taken_is_refused_and_so_is_a_layer_without_one()
    {
        var layers = LayerRegistry.Empty.With<Power>();
        Assert.Equal(
            $"{typeof(OtherPower)} and {typeof(Power)} are both named 'Tests.Power'; give each a name of its own.",
            Assert.Throws<ArgumentException>(() => layers.With<OtherPower>()).Message);
        Assert.Equal(
            $"{typeof(FalseLinear)} is named 'Linear', as no layer or a built-in one is; give it a name of its own.",
            Assert.Throws<ArgumentException>(() => layers.With<FalseLinear>()).Message);
        Assert.Equal(
            "there is no layer in it; make one a record of Layer that is an INamedLayer<…> of itself.",
            Assert.Throws<ArgumentException>(() => layers.With(typeof(Layer).Assembly)).Message);
        Assert.StartsWith(
            "Layer 'a': Nameless has no name in model files; make it an INamedLayer, or use Linear, ",
            Assert.Throws<RecipeException>(() => ModelJson.Write(new(("a", new Nameless())))).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            "Layer 'a': Linear has a setting named type; give it another name.",
            Assert.Throws<RecipeException>(() => ModelJson.Write(new(("a", new FalseLinear())))).Message);
    }

    [Fact]
    public void An_element_function_has_a_gradient_and_a_Jacobian_but_no_Hessian()
    {
        var x = Tensor.From([1, 2, 3], [1, 3]);
        Assert.True(Grad.Check(new Power(3), [5]).Agrees);
        Assert.Equal([1, 8, 27], F.Apply(new Power(3), x).ToArray());
        Assert.Equal([3, 12, 27], Grad.Jvp(at => F.Apply(new Power(3), at), x, Tensor.Ones([1, 3])).Tangent.ToArray());
        Assert.StartsWith(
            "Grad: Power { ",
            Assert.Throws<NotSupportedException>(
                () => Grad.Hvp(at => F.Apply(new Power(3), at).Sum(), x, x)).Message, StringComparison.Ordinal);
    }

    private sealed record Power(int Exponent) : ElementFunction, INamedLayer<Power>
    {
        public static string Name => "Tests.Power";

        public JsonObject Settings => new() { ["exponent"] = Exponent };

        public static Power Read(LayerSettings settings) => settings.Value<int>("exponent") is >= 1 and var exponent
            ? new(exponent)
            : throw new ArgumentOutOfRangeException(nameof(settings), "Power: Exponent is 0; give 1 or more.");

        protected override float Value(float x) => Enumerable.Repeat(x, Exponent).Aggregate((a, b) => a * b);

        protected override float Slope(float x) => Exponent == 1 ? 1 : Exponent * new Power(Exponent - 1).Value(x);
    }

    private sealed record OtherPower : ElementFunction, INamedLayer<OtherPower>
    {
        public static string Name => Power.Name;

        public JsonObject Settings => [];

        public static OtherPower Read(LayerSettings settings) => new();

        protected override float Value(float x) => x;

        protected override float Slope(float x) => 1;
    }

    private sealed record Noted : ElementFunction, INamedLayer<Noted>
    {
        public static string Name => "Tests.Noted";

        public JsonObject Settings => new() { ["note"] = "f(x) = x" };

        public static Noted Read(LayerSettings settings) => new();

        protected override float Value(float x) => x;

        protected override float Slope(float x) => 1;
    }

    private sealed record FalseLinear : ElementFunction, INamedLayer<FalseLinear>
    {
        public static string Name => "Linear";

        public JsonObject Settings => new() { ["type"] = 1 };

        public static FalseLinear Read(LayerSettings settings) => new();

        protected override float Value(float x) => x;

        protected override float Slope(float x) => 1;
    }

    private sealed record Nameless : ElementFunction
    {
        protected override float Value(float x) => x;

        protected override float Slope(float x) => 1;
    }
}
