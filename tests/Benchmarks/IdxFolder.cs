using System.Buffers.Binary;
using System.IO.Compression;

namespace ActorTrain.Benchmarks;

/// <summary>A folder of IDX files, as <c>--data</c> takes it.</summary>
internal static class IdxFolder
{
    /// <summary>Writes images one after another, some times over, into plain files.</summary>
    /// <returns>Bytes of the training images' file.</returns>
    public static long WritePlain(string folder, Dataset data, int copies)
    {
        Write(data, copies, name => File.Create(Path.Combine(folder, name)));
        return new FileInfo(Path.Combine(folder, "train-images-idx3-ubyte")).Length;
    }

    /// <summary>Writes <c>.gz</c> files, which the peers read as well.</summary>
    public static void WriteCompressed(string folder, Dataset data) =>
        Write(data, copies: 1, name => new GZipStream(
            File.Create(Path.Combine(folder, name + ".gz")), CompressionLevel.Fastest));

    private static void Write(Dataset data, int copies, Func<string, Stream> create)
    {
        Write("train-images-idx3-ubyte", data.Train.Pixels, copies, 0x803, data.Train.Count * copies, 28, 28);
        Write("train-labels-idx1-ubyte", data.Train.Labels, copies, 0x801, data.Train.Count * copies);
        Write("t10k-images-idx3-ubyte", data.Test.Pixels, 1, 0x803, data.Test.Count, 28, 28);
        Write("t10k-labels-idx1-ubyte", data.Test.Labels, 1, 0x801, data.Test.Count);

        void Write(string name, ReadOnlySpan<byte> contents, int times, params ReadOnlySpan<int> words)
        {
            using var file = create(name);
            Span<byte> word = stackalloc byte[sizeof(int)];
            foreach (var value in words)
            {
                BinaryPrimitives.WriteInt32BigEndian(word, value);
                file.Write(word);
            }
            for (var i = 0; i < times; i++) file.Write(contents);
        }
    }
}
