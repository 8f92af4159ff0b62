using System.IO.Compression;

namespace ActorTrain.Interop.NumPy;

/// <summary>
/// Named tensors as NumPy's <c>.npz</c> files, zip archives of <c>.npy</c> files, both ways, as functions of bytes.
/// </summary>
public static class Npz
{
    private const string Extension = ".npy";

    // Zip can't tell a time before; the same tensors give the same bytes.
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The tensors of a file's bytes, by name.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Names it in errors.</param>
    /// <param name="mostBytes">No array may be larger; what a small file says of itself is not believed.</param>
    /// <exception cref="NumPyException">No archive, or an array in it that can't be read.</exception>
    public static IReadOnlyDictionary<string, Tensor> Decode(
        byte[] bytes, string file = "archive", long mostBytes = 1L << 31)
    {
        try
        {
            using var archive = new ZipArchive(new MemoryStream(bytes, writable: false), ZipArchiveMode.Read);
            var tensors = new Dictionary<string, Tensor>();
            foreach (var entry in archive.Entries)
            {
                var name = entry.FullName.EndsWith(Extension, StringComparison.Ordinal)
                    ? entry.FullName[..^Extension.Length]
                    : throw new NumPyException(file, $"'{entry.FullName}' is no {Extension}");
                if (!tensors.TryAdd(name, Npy.Decode(Whole(entry, file, mostBytes), $"{file}: {name}")))
                    throw new NumPyException(file, $"two arrays are named '{name}'");
            }
            return tensors;
        }
        catch (InvalidDataException e)
        {
            throw new NumPyException(file, $"no .npz file, or damaged: {e.Message.TrimEnd('.')}");
        }
    }

    /// <summary>The bytes of a file with these tensors, compressed.</summary>
    /// <exception cref="ArgumentException">An empty name, or a name twice.</exception>
    public static byte[] Encode(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            var names = new HashSet<string>();
            foreach (var (name, tensor) in tensors)
            {
                if (name.Length == 0 || !names.Add(name))
                    throw new ArgumentException(
                        $"Npz: an array is named '{name}'; give each a name of its own.", nameof(tensors));
                var entry = archive.CreateEntry(name + Extension);
                entry.LastWriteTime = NoTime;
                using var stream = entry.Open();
                stream.Write(Npy.Encode(tensor));
            }
        }
        return bytes.ToArray();
    }

    private static byte[] Whole(ZipArchiveEntry entry, string file, long mostBytes)
    {
        if (entry.Length > mostBytes)
            throw new NumPyException(
                file, $"'{entry.FullName}' has {entry.Length} bytes; at most {mostBytes} are read");
        using var stream = entry.Open();
        var bytes = new byte[entry.Length];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length && stream.ReadByte() < 0
            ? bytes
            : throw new NumPyException(file, $"'{entry.FullName}' has another length than the archive says");
    }
}
