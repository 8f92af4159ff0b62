using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Training;

public class TorchTrainingTests
{
    private static readonly Sequential Model = new(
        ("0", new Linear(20, 12)), ("1", new ReLU()), ("2", new Linear(12, 8)), ("3", new ReLU()),
        ("4", new Linear(8, 10)), ("5", new LogSoftmax()));

    [Theory, InlineData(1), InlineData(4), InlineData(5)]
    public void Five_steps_of_a_small_network_agree_with_PyTorch_however_the_minibatch_divides(int microbatches)
    {
        var reference = TorchReference.Training;
        var (x, labels) = (reference["x"], reference.Labels("target"));
        var tree = new MicrobatchTree(x.Shape[0], microbatches);
        var rule = new UpdateRule(new Sgd(0.1f, 0.9f));
        var parameters = ParameterPacking.Pack(Model, name => reference["initial", name]);
        var vector = FlatVector.From(parameters.Span);
        var state = rule.Init(vector.Count);
        foreach (var (loss, step) in reference.Numbers("losses").Select((loss, step) => (loss, step)))
        {
            var sum = ActorTrain.Gradients.Of(
                Model, new NLLLoss(), new(Model.Layout, vector), x, labels, Contexts.ForLeaves([.. tree.LeafRows]));
            Assert.Equal(loss, sum.LossSum / sum.Rows, 1e-4);
            if (step == 0)
                foreach (var slot in Model.Layout.Slots)
                    Close.Assert(
                        reference["first_gradients", slot.Name].Span,
                        [.. sum.Gradient[slot.Name].ToArray().Select(g => g / sum.Rows)], 1e-5, slot.Name);
            (vector, state) = Updates.Whole(
                new(rule, vector, state, new(tree, [tree.Root]), [sum.Gradient.Memory], sum.Rows, new()));
        }
        foreach (var slot in Model.Layout.Slots)
            Close.Assert(
                reference["final", slot.Name].Span, new Parameters(Model.Layout, vector)[slot.Name].Contiguous().Span,
                1e-4, slot.Name);
    }
}
