using ActorTrain.Interop.NumPy;
using ActorTrain.Interop.Onnx;
using ActorTrain.Interop.PyTorch;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>A run's model in other programs' files.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly TestProgram _program = new();

    [Fact]
    public void A_runs_model_goes_to_safetensors_ONNX_and_npz()
    {
        var weights = _program.Weights([], "--max-steps", "3", "--hidden", "8", "--out", "run");
        var layer = Sequential.Mlp(784, 8, 10);
        var exported = _program.Run("export", "run", "--to", "model.safetensors");
        Assert.True(exported.ExitCode == 0, exported.Error);
        Assert.EndsWith($"to model.safetensors{Environment.NewLine}", exported.Output, StringComparison.Ordinal);
        var model = StateDict.Load(
            layer, Safetensors.Decode(File.ReadAllBytes(_program.In("model.safetensors"))));
        Assert.Equal(weights, FlatVector.From(model.Parameters.Span).Sha256());
        Assert.Equal(0, _program.Run("export", "run", "--to", "model.onnx").ExitCode);
        Assert.Equal(model, OnnxFile.Decode(File.ReadAllBytes(_program.In("model.onnx"))));

        // Without a name: the newest run in runs/.
        Directory.Move(_program.In("run"), Directory.CreateDirectory(_program.In("runs")).FullName + "/run");
        Assert.Equal(0, _program.Run("export", "--to", "deep/model.npz").ExitCode);
        Assert.Equal(
            model, StateDict.Load(layer, Npz.Decode(File.ReadAllBytes(_program.In("deep", "model.npz")))));
    }

    [Fact]
    public void A_runs_epochs_are_in_TensorBoards_event_file()
    {
        _program.Weights([], "--max-steps", "940", "--hidden", "8", "--out", "run", "--tensorboard", "board/first");
        var file = Assert.Single(Directory.GetFiles(_program.In("board", "first"), "events.out.tfevents.*"));
        var text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file));
        // The first epoch's 938 steps; the second one is not over.
        foreach (var tag in new[] { "loss/train", "loss/test", "accuracy/train", "accuracy/test", "seconds/epoch" })
            Assert.Equal(2, text.Split(tag).Length);
        File.WriteAllText(_program.In("file"), "");
        var (code, error) = ErrorOf("train", "--max-steps", "3", "--tensorboard", "file");
        Assert.Equal(1, code);
        Assert.StartsWith("can't write TensorBoard's events to file: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_can_not_be_exported_is_one_clear_error()
    {
        Assert.Equal(
            (2, "--to: model.bin should end in .safetensors or .onnx or .npz."),
            ErrorOf("export", "--to", "model.bin"));
        Assert.Equal(
            (2, "export: nowhere does not exist; give a checkpoint file or a run's folder."),
            ErrorOf("export", "nowhere", "--to", "model.npz"));
    }

    public void Dispose() => _program.Dispose();

    private (int Code, string Error) ErrorOf(params string[] arguments)
    {
        var result = _program.Run(arguments);
        return (result.ExitCode, result.Error.TrimEnd());
    }
}
