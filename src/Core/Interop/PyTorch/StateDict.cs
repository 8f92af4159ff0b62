namespace ActorTrain.Interop.PyTorch;

/// <summary>A model's parameters by name, as PyTorch's <c>state_dict</c> has them, both ways.</summary>
public static class StateDict
{
    // A counter that PyTorch keeps beside a BatchNorm's statistics, without use where there is a momentum.
    private const string Ignored = "num_batches_tracked";

    /// <summary>Names and tensors in the layers' order: weight [out, in], statistics as PyTorch names them.</summary>
    public static IEnumerable<KeyValuePair<string, Tensor>> Of(Model model) =>
        model.Layer.Layout.Slots.Select(slot => KeyValuePair.Create(slot.Name, model.Parameters[slot.Name]));

    /// <summary>
    /// A model with these parameters: PyTorch's <c>load_state_dict</c>, strict, but for <c>num_batches_tracked</c>.
    /// </summary>
    /// <param name="layer">The model's layers.</param>
    /// <param name="tensors">Its parameters by name.</param>
    /// <param name="file">Names their file in errors.</param>
    /// <exception cref="InteropException">Names are missing or too many, or a shape is another.</exception>
    public static Model Load(Layer layer, IReadOnlyDictionary<string, Tensor> tensors, string file = "state_dict")
    {
        var slots = layer.Layout.Slots;
        var names = tensors.Keys.Where(name => name.Split('.')[^1] != Ignored);
        RefuseAny("parameters are missing", slots.Select(s => s.Name).Where(name => !tensors.ContainsKey(name)));
        RefuseAny("the model has no parameters", names.Where(name => !slots.Any(s => s.Name == name)));
        var buffer = new ParameterBuffer(layer.Layout, AlignedMemory.Allocate(layer.Layout.Count));
        for (var i = 0; i < slots.Length; i++)
        {
            var (slot, tensor) = (slots[i], tensors[slots[i].Name]);
            if (tensor.Shape != slot.Shape)
                throw new InteropException(
                    $"{file}: '{slot.Name}'", $"shape {tensor.Shape}; the model's is {slot.Shape}");
            (slot.StoredTransposed ? tensor.T() : tensor).Contiguous().Span.CopyTo(buffer.Stored(i));
        }
        return new(layer, buffer.Freeze());

        void RefuseAny(string what, IEnumerable<string> wrong)
        {
            var all = string.Join(", ", wrong);
            if (all.Length > 0) throw new InteropException(file, $"{what}: {all}");
        }
    }
}
