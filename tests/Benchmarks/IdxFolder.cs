using System.Buffers.Binary;

namespace ActorTrain.Benchmarks;

/// <summary>A folder of plain IDX files, as <c>--data</c> takes it.</summary>
internal static class IdxFolder
{
    /// <summary>Writes images one after another, some times over.</summary>
    /// <returns>Bytes of the training images' file.</returns>
    public static long Write(string folder, Dataset data, int copies) =>
        Write(folder, data, data.Train.Count, data.Test.Count, copies);

    /// <summary>Writes the first images of both splits only.</summary>
    public static void Write(string folder, Dataset data, int train, int test) => Write(folder, data, train, test, 1);

    private static long Write(string folder, Dataset data, int train, int test, int copies)
    {
        const int image = 28 * 28;
        Write("train-labels-idx1-ubyte", data.Train.Labels[..train], copies, 0x801, train * copies);
        Write("t10k-images-idx3-ubyte", data.Test.Pixels[..(test * image)], 1, 0x803, test, 28, 28);
        Write("t10k-labels-idx1-ubyte", data.Test.Labels[..test], 1, 0x801, test);
        return Write(
            "train-images-idx3-ubyte", data.Train.Pixels[..(train * image)], copies, 0x803, train * copies, 28, 28);

        long Write(string name, ReadOnlySpan<byte> contents, int times, params ReadOnlySpan<int> words)
        {
            using var file = File.Create(Path.Combine(folder, name));
            Span<byte> word = stackalloc byte[sizeof(int)];
            foreach (var value in words)
            {
                BinaryPrimitives.WriteInt32BigEndian(word, value);
                file.Write(word);
            }
            for (var i = 0; i < times; i++) file.Write(contents);
            return file.Length;
        }
    }
}
