using ActorTrain.Interop.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ActorTrain.Core.Tests.Interop.Onnx;

public class OnnxExportTests
{
    public static TheoryData<string> Models => [.. OnnxModels.All.Keys];

    [Theory, MemberData(nameof(Models))]
    public void ONNX_Runtime_computes_the_same_for_any_number_of_rows(string name)
    {
        var (layer, example) = OnnxModels.All[name];
        var model = OnnxModels.Create(layer);
        var file = OnnxFile.Encode(model, example);
        foreach (var rows in new[] { 1, 5 })
        {
            var input = Tensor.Randn([rows, .. example.ToArray()], seed: 11) * 2;
            var (ours, theirs) = (model.Forward(input), OnnxModels.Run(file, input));
            Assert.Equal(ours.Shape, theirs.Shape);
            for (var i = 0; i < ours.Shape.Count; i++)
                Assert.Equal(ours.ToArray()[i], theirs.ToArray()[i], 1e-5f * Math.Max(1, Math.Abs(ours.ToArray()[i])));
        }
    }

    [Fact]
    public void Every_layer_is_in_one_of_these_models()
    {
        var here = OnnxModels.All.Values.SelectMany(m => LayersOf(m.Layer)).Select(l => l.GetType()).ToHashSet();
        Assert.DoesNotContain(
            typeof(Layer).Assembly.GetTypes(),
            t => t.IsSubclassOf(typeof(Layer)) && !t.IsAbstract && !here.Contains(t));
    }

    [Fact]
    public void Input_output_and_parameters_have_their_names()
    {
        var layer = new Sequential(("input", new Linear(3, 2)), ("output", new ReLU()));
        var file = OnnxFile.Encode(OnnxModels.Create(layer), [3]);
        using var session = new InferenceSession(file);
        Assert.Equal(["input"], session.InputNames);
        Assert.Equal(["output"], session.OutputNames);
        Assert.Equal([-1, 3], session.InputMetadata["input"].Dimensions);
        Assert.Equal([-1, 2], session.OutputMetadata["output"].Dimensions);
    }

    [Fact]
    public void A_layer_of_a_users_own_is_refused_by_name()
    {
        var layer = new Sequential(("fc1", new Linear(3, 2)), ("mine", new Mine()));
        Assert.Equal(
            "ONNX: 'mine' is a Mine, which has no counterpart there; leave it out, or build it of layers that are "
            + "here.",
            Assert.Throws<NotSupportedException>(
                () => OnnxFile.Encode(OnnxModels.Create(layer), [3])).Message);
        Assert.Throws<ShapeMismatchException>(() => OnnxFile.Encode(OnnxModels.Create(new Linear(3, 2)), [4]));
    }

    private static IEnumerable<Layer> LayersOf(Layer layer) => layer switch
    {
        Sequential l => [l, .. l.Layers.SelectMany(part => LayersOf(part.Layer))],
        Residual l => [l, .. LayersOf(l.Body)],
        _ => [layer],
    };

    private sealed record Mine : Layer
    {
        public override ParameterLayout Layout => ParameterLayout.Empty;

        public override Shape OutputShape(Shape input) => input;

        public override (Tensor Output, Saved Saved) Forward(
            Parameters parameters, Tensor input, LayerContext context) => (input, default);

        public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
            Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context) =>
            (outputGradient, parameters);
    }
}
