using ActorTrain.Host.Commands;
using ActorTrain.Interop.PyTorch;

namespace ActorTrain.Host.Tests;

public class InitOptionTests
{
    // Saved by PyTorch, see Core.Tests/Interop/PyTorch/Files.
    private static readonly string Saved = Path.Combine(AppContext.BaseDirectory, "Files", "model.pt");

    private static readonly Sequential Model = new(
        ("fc1", new Linear(4, 3)), ("bn", new BatchNorm1d(3)), ("relu", new ReLU()), ("fc2", new Linear(3, 2)));

    [Fact]
    public void A_run_can_begin_with_what_PyTorch_saved()
    {
        var expected = StateDict.Load(Model, TorchFile.Decode(File.ReadAllBytes(Saved)));
        Assert.Equal(
            FlatVector.From(expected.Parameters.Span).Sha256(),
            InitOption.Read(Saved, Model, LayerRegistry.Empty)!.Sha256());
    }

    [Fact]
    public void What_another_model_saved_is_refused_by_name() => Assert.Equal(
        $"--init: {Saved}: parameters are missing: fc3.weight, fc3.bias.",
        Assert.Throws<UsageException>(() => InitOption.Read(
            Saved, new Sequential([.. Model.Layers.Select(l => (l.Name, l.Layer)), ("fc3", new Linear(2, 2))]),
            LayerRegistry.Empty)).Message);

    [Fact]
    public void A_fingerprint_that_is_none_is_refused() => Assert.Equal(
        "initialSha256 is abc; give 64 hexadecimal digits in lower case.",
        Assert.Throws<UsageException>(
            () => InitOption.Check(new Recipe { InitialSha256 = "abc" }, parameters: null)).Message);
}
