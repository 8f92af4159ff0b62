// The peer: libtorch through TorchSharp, training the same network on the same IDX files.
// usage: torchsharp-peer DATA_DIR [--model mlp|lenet5|cnn] [--threads N] [--batch N] [--epochs N] [--images N]
//        [--hidden 128,64] [--optimizer sgd|adam] [--lr X]
using System.Diagnostics;
using System.IO.Compression;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

var (threads, batch, epochs) = (Number("threads", "1"), Number("batch", "64"), Number("epochs", "4"));
set_num_threads(threads);
random.manual_seed(7);
var images = Number("images", "60000");
var (x, y) = Load("train", images);
var (testX, testY) = Load("t10k", 10000);
var model = Network(Option("model", "mlp"));
var loss = NLLLoss();
var isAdam = Option("optimizer", "sgd") == "adam";
var rate = double.Parse(Option("lr", isAdam ? "0.001" : "0.05"));
optim.Optimizer optimizer =
    isAdam ? optim.Adam(model.parameters(), rate) : optim.SGD(model.parameters(), rate, momentum: 0.9);
for (var epoch = 1; epoch <= epochs; epoch++)
{
    model.train();
    var order = randperm(x.shape[0]);
    var steps = 0;
    var watch = Stopwatch.StartNew();
    for (long s = 0; s + batch <= x.shape[0]; s += batch, steps++)
    {
        using var scope = NewDisposeScope();
        var index = order.narrow(0, s, batch);
        optimizer.zero_grad();
        loss.call(model.call(x.index_select(0, index)), y.index_select(0, index)).backward();
        optimizer.step();
    }
    var seconds = watch.Elapsed.TotalSeconds;
    using var off = no_grad();
    model.eval();
    double accuracy = model.call(testX).argmax(1).eq(testY).to(ScalarType.Float32).mean().item<float>();
    Console.WriteLine(
        $"libtorch {__version__} threads {threads} batch {batch} epoch {epoch}: {seconds:F3} s, "
        + $"{steps * batch / seconds:F0} images/s, {seconds / steps * 1e6:F0} us/step, test accuracy {accuracy:P2}");
}

string Option(string name, string otherwise) =>
    Array.IndexOf(args, "--" + name) is >= 0 and var i ? args[i + 1] : otherwise;

int Number(string name, string otherwise) => int.Parse(Option(name, otherwise));

Module<Tensor, Tensor> Network(string name)
{
    List<(string, Module<Tensor, Tensor>)> layers = name switch
    {
        "mlp" => Mlp(),
        "lenet5" =>
        [
            ("image", Unflatten(1, [1, 28, 28])),
            ("conv1", Conv2d(1, 6, 5, padding: 2)), ("relu1", ReLU()), ("pool1", MaxPool2d(2)),
            ("conv2", Conv2d(6, 16, 5)), ("relu2", ReLU()), ("pool2", MaxPool2d(2)),
            ("flatten", Flatten()), ("fc1", Linear(400, 120)), ("relu3", ReLU()), ("fc2", Linear(120, 84)),
            ("relu4", ReLU()), ("fc3", Linear(84, 10)),
        ],
        "cnn" =>
        [
            ("image", Unflatten(1, [1, 28, 28])),
            ("conv1", Conv2d(1, 16, 5, bias: false)), ("pool1", MaxPool2d(2)), ("bn1", BatchNorm2d(16)),
            ("relu1", ReLU()),
            ("conv2", Conv2d(16, 32, 3, bias: false)), ("pool2", MaxPool2d(2)), ("bn2", BatchNorm2d(32)),
            ("relu2", ReLU()),
            ("conv3", Conv2d(32, 64, 3, bias: false)), ("bn3", BatchNorm2d(64)), ("relu3", ReLU()),
            ("flatten", Flatten()), ("fc1", Linear(576, 10)),
        ],
        _ => throw new ArgumentException($"--model {name}: give mlp, lenet5 or cnn."),
    };
    return Sequential([.. layers, ("log_softmax", LogSoftmax(1))]);
}

List<(string, Module<Tensor, Tensor>)> Mlp()
{
    int[] sizes = [784, .. Option("hidden", "128,64").Split(',').Select(int.Parse), 10];
    var layers = new List<(string, Module<Tensor, Tensor>)>();
    for (var i = 0; i + 1 < sizes.Length; i++)
    {
        layers.Add(($"fc{i + 1}", Linear(sizes[i], sizes[i + 1])));
        if (i + 2 < sizes.Length) layers.Add(($"relu{i + 1}", ReLU()));
    }
    return layers;
}

(Tensor X, Tensor Y) Load(string prefix, int most)
{
    var pixels = Gunzip($"{prefix}-images-idx3-ubyte.gz");
    var labels = Gunzip($"{prefix}-labels-idx1-ubyte.gz");
    var n = Math.Min(most, labels.Length - 8);
    var values = new float[n * 784];
    for (var i = 0; i < values.Length; i++) values[i] = (pixels[16 + i] / 255f - 0.1307f) / 0.3081f;
    return (tensor(values, [n, 784]), tensor(labels[8..(n + 8)].Select(b => (long)b).ToArray()));
}

byte[] Gunzip(string file)
{
    using var packed = new GZipStream(File.OpenRead(Path.Combine(args[0], file)), CompressionMode.Decompress);
    using var all = new MemoryStream();
    packed.CopyTo(all);
    return all.ToArray();
}
