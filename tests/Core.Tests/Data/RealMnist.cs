namespace ActorTrain.Core.Tests.Data;

/// <summary>The repository's MNIST, read once for all tests.</summary>
internal static class RealMnist
{
    private static readonly Lazy<Dataset> Loaded = new(Dataset.Mnist);

    public static Dataset Dataset => Loaded.Value;
}
