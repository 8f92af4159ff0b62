namespace ActorTrain.Benchmarks;

/// <summary>The networks of images that are measured; the peer builds the same.</summary>
internal static class Networks
{
    /// <summary>LeNet-5 (LeCun et al. 1998) with ReLU and the largest of four, as notebooks write it today.</summary>
    public static Sequential LeNet5 { get; } = new(
        ("image", new Unflatten(1, 28, 28)),
        ("conv1", new Conv2d(1, 6, 5, Padding: 2)), ("relu1", new ReLU()), ("pool1", new MaxPool2d(2)),
        ("conv2", new Conv2d(6, 16, 5)), ("relu2", new ReLU()), ("pool2", new MaxPool2d(2)),
        ("flatten", new Flatten()), ("fc1", new Linear(400, 120)), ("relu3", new ReLU()),
        ("fc2", new Linear(120, 84)), ("relu4", new ReLU()), ("fc3", new Linear(84, 10)),
        ("log_softmax", new LogSoftmax()));

    /// <summary>Three convolutions with batch normalisation.</summary>
    public static Sequential Cnn { get; } = new(
        ("image", new Unflatten(1, 28, 28)),
        ("conv1", new Conv2d(1, 16, 5, Bias: false)), ("pool1", new MaxPool2d(2)), ("bn1", new BatchNorm2d(16)),
        ("relu1", new ReLU()),
        ("conv2", new Conv2d(16, 32, 3, Bias: false)), ("pool2", new MaxPool2d(2)), ("bn2", new BatchNorm2d(32)),
        ("relu2", new ReLU()),
        ("conv3", new Conv2d(32, 64, 3, Bias: false)), ("bn3", new BatchNorm2d(64)), ("relu3", new ReLU()),
        ("flatten", new Flatten()), ("fc1", new Linear(576, 10)), ("log_softmax", new LogSoftmax()));
}
