using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Losses;

public class LossReferenceTests
{
    public static TheoryData<string> Cases { get; } =
    [
        "cross_entropy_mean", "cross_entropy_sum", "cross_entropy_none", "cross_entropy_large_logits",
        "nll_loss_mean", "nll_loss_sum", "nll_loss_none",
    ];

    [Theory, MemberData(nameof(Cases))]
    public void Value_and_gradient_agree_with_PyTorch(string name)
    {
        var reference = TorchReference.Case(name);
        Loss loss = reference.Text("op") == "nll_loss" ? new NLLLoss() : new CrossEntropyLoss();
        var input = reference["inputs", "input"];
        var (losses, gradient) = loss.ValueAndGradient(
            input, reference.Labels("inputs", "target"), Contexts.ForLeaves(input.Shape[0]));
        var rows = losses.Span.Length;
        var probe = reference["probe"].Span;

        var reduction = reference.Text("attrs", "reduction");
        float[] value = reduction switch
        {
            "mean" => [(float)(Sum(losses) / rows)],
            "sum" => [(float)Sum(losses)],
            _ => losses.ToArray(),
        };
        // ∂(Σ output·probe)/∂input from the gradient of the sum: each row is scaled by what its loss is multiplied
        // with.
        var scaled = gradient.ToArray();
        for (var i = 0; i < scaled.Length; i++)
        {
            scaled[i] *= reduction switch
            {
                "mean" => probe[0] / rows,
                "sum" => probe[0],
                _ => probe[i / input.Shape[1]],
            };
        }

        Close.Assert(reference["output"].Span, value, 1e-5, "loss");
        Close.Assert(reference["grads", "input"].Span, scaled, 1e-5, "gradient");
    }

    [Fact]
    public void A_label_beyond_the_classes_is_refused()
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(
            () => new CrossEntropyLoss().Mean(Tensor.Zeros([2, 3]), [0, 3]));
        Assert.StartsWith(
            "CrossEntropyLoss: label 3 is not one of the classes 0..2.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_label_for_each_row_is_needed()
    {
        var e = Assert.Throws<ShapeMismatchException>(() => new NLLLoss().Mean(Tensor.Zeros([2, 3]), [0]));
        Assert.Equal("NLLLoss: output has shape [2, 3], expected [1, classes]. Give one row of scores for each label.",
            e.Message);
    }

    private static double Sum(Tensor losses)
    {
        var sum = 0.0;
        foreach (var loss in losses.Span) sum += loss;
        return sum;
    }
}
