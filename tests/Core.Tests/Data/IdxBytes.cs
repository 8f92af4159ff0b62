using System.Buffers.Binary;
using System.IO.Compression;

namespace ActorTrain.Core.Tests.Data;

/// <summary>Writes IDX files as tests need them, right or wrong.</summary>
internal static class IdxBytes
{
    public static byte[] Images(uint count, uint rows, uint columns, params ReadOnlySpan<byte> pixels) =>
        [.. Words(0x803, count, rows, columns), .. pixels];

    public static byte[] Labels(uint count, params ReadOnlySpan<byte> labels) => [.. Words(0x801, count), .. labels];

    public static byte[] Words(params ReadOnlySpan<uint> words)
    {
        var bytes = new byte[words.Length * 4];
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), words[i]);
        return bytes;
    }

    public static byte[] Gzip(byte[] contents)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal)) gzip.Write(contents);
        return compressed.ToArray();
    }
}
