using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace ActorTrain.Checkpoints;

/// <summary>Checkpoints as bytes, both ways, as pure functions.</summary>
/// <remarks>
/// Little-endian: "ACTRAIN" and a zero byte; format version, uint32; header bytes, uint32; header, UTF-8 JSON; vectors,
/// uint32; for each its count of floats, uint32, and the floats; last, SHA-256 of everything before.
/// A later version of this program reads every older format; golden bytes in the tests hold it to that.
/// </remarks>
public static class CheckpointFormat
{
    /// <summary>The newest format version, which is written.</summary>
    public const int Version = 1;

    /// <summary>The most bytes of a checkpoint, whoever writes or receives it: one array's, 2 GiB.</summary>
    public static int MostBytes => Array.MaxLength;

    private const int PrefixBytes = 16;
    private static readonly UTF8Encoding StrictUtf8 =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Magic => "ACTRAIN\0"u8;

    /// <summary>The bytes of a checkpoint.</summary>
    /// <param name="header">JSON; not read here.</param>
    /// <param name="vectors">In the order in which <see cref="Decode"/> gives them back.</param>
    /// <exception cref="ArgumentException">More than <see cref="MostBytes"/>, or a header that is not Unicode
    /// text.</exception>
    public static byte[] Encode(string header, params ReadOnlySpan<FlatVector> vectors)
    {
        var headerBytes = StrictUtf8.GetBytes(header);
        var total = (long)PrefixBytes + headerBytes.Length + sizeof(uint) + SHA256.HashSizeInBytes;
        foreach (var vector in vectors) total += sizeof(uint) + ((long)vector.Count * sizeof(float));
        if (total > MostBytes)
            throw new ArgumentException(
                $"CheckpointFormat.Encode: {total} bytes; give at most {MostBytes}.", nameof(vectors));
        var bytes = GC.AllocateUninitializedArray<byte>((int)total);
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Magic.Length), Version);
        var rest = Put(bytes.AsSpan(Magic.Length + sizeof(uint)), headerBytes.Length);
        headerBytes.CopyTo(rest);
        rest = Put(rest[headerBytes.Length..], vectors.Length);
        foreach (var vector in vectors)
        {
            rest = Put(rest, vector.Count);
            Copy(vector.Span, rest);
            rest = rest[(vector.Count * sizeof(float))..];
        }
        SHA256.HashData(bytes.AsSpan(0, bytes.Length - SHA256.HashSizeInBytes), rest);
        return bytes;
    }

    /// <summary>What <see cref="Encode"/> was given, bit for bit.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Names the file in errors.</param>
    /// <exception cref="CheckpointException">The bytes are foreign, of a newer version, truncated or
    /// damaged.</exception>
    public static CheckpointContents Decode(ReadOnlySpan<byte> bytes, string file)
    {
        CheckPrefix(bytes, file);
        var sections = Sections(bytes, file);
        var hashed = bytes[..^SHA256.HashSizeInBytes];
        if (!SHA256.HashData(hashed).AsSpan().SequenceEqual(bytes[^SHA256.HashSizeInBytes..]))
            throw new CheckpointException(file, "damaged: its SHA-256 does not match its contents");
        var vectors = ImmutableArray.CreateBuilder<FlatVector>(sections.Count - 1);
        foreach (var section in sections.Skip(1)) vectors.Add(ToVector(bytes[section]));
        return new(ToText(bytes[sections[0]], file), vectors.MoveToImmutable());
    }

    /// <summary>Reads a checkpoint file.</summary>
    /// <exception cref="CheckpointException">It is missing, unreadable or not a whole checkpoint.</exception>
    public static CheckpointContents Read(string path) => Reading(path, () => Decode(File.ReadAllBytes(path), path));

    /// <summary>The header of a checkpoint alone. Its SHA-256 is not checked.</summary>
    /// <inheritdoc cref="Decode"/>
    public static string HeaderOf(ReadOnlySpan<byte> bytes, string file)
    {
        CheckPrefix(bytes, file);
        return ToText(bytes[Sections(bytes, file)[0]], file);
    }

    /// <summary>
    /// Reads the header of a checkpoint file alone, however large the vectors are. So its SHA-256 is not checked.
    /// </summary>
    /// <exception cref="CheckpointException">The file is missing or unreadable, or begins as no checkpoint
    /// does.</exception>
    public static string ReadHeader(string path) => Reading(path, () =>
    {
        using var file = File.OpenRead(path);
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        prefix = prefix[..file.ReadAtLeast(prefix, PrefixBytes, throwOnEndOfStream: false)];
        CheckPrefix(prefix, path);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix[^sizeof(uint)..]);
        if (PrefixBytes + length > file.Length) throw Truncated(file.Length, PrefixBytes + length, path);
        var header = new byte[length];
        file.ReadExactly(header);
        return ToText(header, path);
    });

    private static T Reading<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(path, "no such file", e);
        }
        catch (Exception e) when (e is IOException and not CheckpointException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read ({e.Message})", e);
        }
    }

    private static string ToText(ReadOnlySpan<byte> header, string file)
    {
        try
        {
            return StrictUtf8.GetString(header);
        }
        catch (DecoderFallbackException e)
        {
            throw new CheckpointException(file, "damaged: its header is not UTF-8", e);
        }
    }

    private static void CheckPrefix(ReadOnlySpan<byte> bytes, string file)
    {
        if (bytes.IsEmpty) throw new CheckpointException(file, "empty, not an ActorTrain checkpoint");
        var start = bytes[..Math.Min(Magic.Length, bytes.Length)];
        if (!Magic.StartsWith(start))
            throw new CheckpointException(
                file, $"not an ActorTrain checkpoint: it begins with {Convert.ToHexStringLower(start)}");
        if (bytes.Length < PrefixBytes) throw Truncated(bytes.Length, PrefixBytes, file);
        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[Magic.Length..]);
        if (version > Version)
            throw new CheckpointException(
                file,
                $"format version {version} is newer than {Version}, the newest that this program reads; "
                + "use a newer ActorTrain");
        if (version == 0) throw new CheckpointException(file, "damaged: format version 0 does not exist");
    }

    // Where the header (first) and the vectors lie. Allocates nothing that a damaged length could make large.
    private static List<Range> Sections(ReadOnlySpan<byte> bytes, string file)
    {
        var end = bytes.Length - SHA256.HashSizeInBytes;
        long offset = PrefixBytes - sizeof(uint);
        var sections = new List<Range> { Next(bytes, sizeof(byte)) };
        var count = Take(bytes);
        for (var i = 0u; i < count; i++) sections.Add(Next(bytes, sizeof(float)));
        return offset == end ? sections : throw new CheckpointException(
            file, $"damaged: {end - offset} bytes more than its lengths say");

        Range Next(ReadOnlySpan<byte> all, int unit)
        {
            var length = Take(all) * unit;
            var start = offset;
            offset += length;
            Require(all.Length);
            return (int)start..(int)offset;
        }

        long Take(ReadOnlySpan<byte> all)
        {
            var start = (int)offset;
            offset += sizeof(uint);
            Require(all.Length);
            return BinaryPrimitives.ReadUInt32LittleEndian(all[start..]);
        }

        void Require(int length)
        {
            if (offset > end) throw Truncated(length, offset + SHA256.HashSizeInBytes, file);
        }
    }

    private static CheckpointException Truncated(long bytes, long least, string file) =>
        new(file, $"truncated or damaged: {bytes} bytes where its lengths ask for at least {least}");

    private static Span<byte> Put(Span<byte> bytes, int value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)value);
        return bytes[sizeof(uint)..];
    }

    private static void Copy(ReadOnlySpan<float> floats, Span<byte> bytes)
    {
        MemoryMarshal.AsBytes(floats).CopyTo(bytes);
        SwapOnBigEndian(bytes[..(floats.Length * sizeof(float))]);
    }

    private static FlatVector ToVector(ReadOnlySpan<byte> bytes)
    {
        var memory = AlignedMemory.Allocate(bytes.Length / sizeof(float));
        var own = MemoryMarshal.AsBytes(memory.Span);
        bytes.CopyTo(own);
        SwapOnBigEndian(own);
        return new(memory);
    }

    private static void SwapOnBigEndian(Span<byte> floats)
    {
        if (BitConverter.IsLittleEndian) return;
        for (; !floats.IsEmpty; floats = floats[sizeof(float)..]) floats[..sizeof(float)].Reverse();
    }
}
