using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorTrain.Interop.PyTorch;

/// <summary>
/// Named tensors as <c>.safetensors</c> files, both ways, as pure functions of bytes: a length, a header in JSON, then
/// the elements.
/// </summary>
public static class Safetensors
{
    private const int LengthBytes = sizeof(ulong);
    private const int Alignment = 8;

    /// <summary>The tensors of a file's bytes, by name.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Names it in errors.</param>
    /// <returns>
    /// F32 as it is; F16, BF16, F64, whole numbers and booleans converted, whole ones only where exact.
    /// </returns>
    /// <exception cref="InteropException">No such file, cut off, or parts that overlap or are missing.</exception>
    public static IReadOnlyDictionary<string, Tensor> Decode(ReadOnlySpan<byte> bytes, string file = "safetensors")
    {
        if (bytes.Length < LengthBytes)
            throw new InteropException(file, $"no safetensors file: it has {bytes.Length} bytes");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (length > (ulong)(bytes.Length - LengthBytes))
            throw new InteropException(
                file, $"no safetensors file, or cut off: a header of {length} bytes in a file of {bytes.Length}");
        var data = bytes[(LengthBytes + (int)length)..];
        var tensors = new Dictionary<string, Tensor>();
        foreach (var entry in SafetensorsHeader.Read(bytes.Slice(LengthBytes, (int)length), data.Length, file))
        {
            var elements = data[entry.Begin..entry.End];
            tensors.Add(
                entry.Name, Tensor.Own(entry.Kind.ReadAll(elements, $"{file}: '{entry.Name}'"), entry.Shape));
        }
        return tensors;
    }

    /// <summary>The bytes of a file with these tensors, as little-endian F32, in their order.</summary>
    /// <exception cref="ArgumentException">An empty name, or a name twice.</exception>
    public static byte[] Encode(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        var all = tensors.ToList();
        // What PyTorch's side asks for before it takes a file.
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        var end = 0;
        foreach (var (name, tensor) in all)
        {
            if (name.Length == 0 || header.ContainsKey(name))
                throw new ArgumentException(
                    $"Safetensors: a tensor is named '{name}'; give each a name of its own.", nameof(tensors));
            var begin = end;
            end = checked(begin + (tensor.Shape.Count * sizeof(float)));
            header[name] = new JsonObject
            {
                ["dtype"] = ElementKind.Float32.Name,
                ["shape"] = new JsonArray([.. tensor.Shape.ToArray().Select(s => (JsonNode)s)]),
                ["data_offsets"] = new JsonArray(begin, end),
            };
        }
        var text = JsonSerializer.SerializeToUtf8Bytes(header);
        var length = (text.Length + Alignment - 1) / Alignment * Alignment;
        var bytes = new byte[LengthBytes + length + end];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)length);
        bytes.AsSpan(LengthBytes, length).Fill((byte)' ');
        text.CopyTo(bytes, LengthBytes);
        var data = bytes.AsSpan(LengthBytes + length);
        foreach (var (_, tensor) in all)
            foreach (var value in tensor.Contiguous().Span)
            {
                BinaryPrimitives.WriteSingleLittleEndian(data, value);
                data = data[sizeof(float)..];
            }
        return bytes;
    }
}
