namespace ActorTrain.Core.Tests.Support;

internal static class ParameterPacking
{
    /// <summary>Parameters of a layer from tensors in PyTorch's shapes, by name.</summary>
    public static Parameters Pack(Layer layer, Func<string, Tensor> byName)
    {
        var vector = new float[layer.Layout.Count];
        foreach (var slot in layer.Layout.Slots)
        {
            var tensor = byName(slot.Name);
            Assert.Equal(slot.Shape, tensor.Shape);
            (slot.StoredTransposed ? tensor.T() : tensor).ToArray().CopyTo(vector, slot.Offset);
        }
        return new(layer.Layout, FlatVector.From(vector));
    }
}
