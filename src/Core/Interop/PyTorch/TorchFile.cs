using System.IO.Compression;

namespace ActorTrain.Interop.PyTorch;

/// <summary>
/// A <c>state_dict</c> of tensors as <c>torch.save</c> writes it since PyTorch 1.6: a zip archive of a pickle and of
/// the tensors' storages. The pickle is read, never executed: only what such a file needs is known, all else refused.
/// </summary>
public static class TorchFile
{
    private const string Pickle = "/data.pkl";

    /// <summary>The tensors of a file's bytes, by name, in the file's order.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Names it in errors.</param>
    /// <param name="mostBytes">
    /// Neither the file's parts nor the tensors may be larger altogether; what a small file says of itself is not
    /// believed.
    /// </param>
    /// <returns>
    /// float32 as it is; other floats, whole numbers and booleans converted, whole ones only where exact.
    /// </returns>
    /// <exception cref="InteropException">No such file, cut off, or something in it that is no tensor.</exception>
    public static IReadOnlyDictionary<string, Tensor> Decode(
        byte[] bytes, string file = "state_dict", long mostBytes = 1L << 31)
    {
        if (bytes is [0x80, ..])
            throw new InteropException(
                file, "written in the format before PyTorch 1.6; save it again there, without "
                + "_use_new_zipfile_serialization=False");
        try
        {
            using var archive = new ZipArchive(new MemoryStream(bytes, writable: false), ZipArchiveMode.Read);
            return Decode(archive, file, mostBytes);
        }
        catch (InvalidDataException e)
        {
            throw new InteropException(file, $"no .pt file, or damaged: {e.Message.TrimEnd('.')}");
        }
    }

    private static Dictionary<string, Tensor> Decode(ZipArchive archive, string file, long mostBytes)
    {
        var parts = new Parts(archive, file, mostBytes);
        var (folder, pickle) = parts.Find(Pickle);
        if (parts.Text($"{folder}/byteorder") is { } order && order != "little")
            throw new InteropException(file, $"its numbers are stored {order}-endian; little-endian can be read");
        if (new Unpickler(pickle, file).Read() is not PickledDict { Items: var items })
            throw new InteropException(file, "no state_dict; save model.state_dict()");
        var storages = new Dictionary<PickledStorage, float[]>();
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (key, value) in items)
        {
            if (key is not string name)
                throw new InteropException(file, "a key that is no text; save model.state_dict()");
            if (value is not PickledTensor tensor)
                throw new InteropException($"{file}: '{name}'", "no tensor; save model.state_dict() alone");
            if (!storages.TryGetValue(tensor.Storage, out var storage))
                storages.Add(tensor.Storage, storage = Elements(tensor.Storage));
            tensors[name] = tensor.Over(storage, parts, $"{file}: '{name}'");
        }
        return tensors;

        float[] Elements(PickledStorage storage)
        {
            var elements = parts.Bytes($"{folder}/data/{storage.Key}");
            return storage.Count == elements.Length / (double)storage.Kind.Bytes
                ? storage.Kind.ReadAll(elements, $"{file}: storage '{storage.Key}'")
                : throw new InteropException(
                    $"{file}: storage '{storage.Key}'", $"{elements.Length} bytes, where {storage.Count} elements of "
                    + $"kind {storage.Kind.Name} should be");
        }
    }

    /// <summary>The archive's parts, and how much more of them may be taken.</summary>
    internal sealed class Parts(ZipArchive archive, string file, long mostBytes)
    {
        private long _taken;

        public void Take(long bytes)
        {
            _taken += bytes;
            if (_taken > mostBytes)
                throw new InteropException(file, $"more than {mostBytes} bytes of tensors are not read");
        }

        public (string Folder, byte[] Bytes) Find(string ending)
        {
            var entry = archive.Entries.FirstOrDefault(e => e.FullName.EndsWith(ending, StringComparison.Ordinal))
                ?? throw new InteropException(file, $"no .pt file: a zip archive without {ending[1..]}");
            return (entry.FullName[..^ending.Length], Whole(entry));
        }

        public string? Text(string name) => archive.GetEntry(name) is { } entry
            ? System.Text.Encoding.UTF8.GetString(Whole(entry)).Trim()
            : null;

        public byte[] Bytes(string name) => archive.GetEntry(name) is { } entry
            ? Whole(entry)
            : throw new InteropException(file, $"'{name}' is missing in it");

        private byte[] Whole(ZipArchiveEntry entry)
        {
            Take(entry.Length);
            // PyTorch writes 0 for all where its option compute_crc32 is off.
            return ZipParts.Whole(entry, file, mayLackSum: true);
        }
    }
}
