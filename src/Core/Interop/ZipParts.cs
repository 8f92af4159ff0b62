using System.IO.Compression;
using System.IO.Hashing;

namespace ActorTrain.Interop;

/// <summary>Files in zip archives, whose directory may not tell the truth.</summary>
internal static class ZipParts
{
    // Deflate makes no more of one byte.
    private const long MostOfOneByte = 1032;

    /// <summary>A file's bytes, exactly as many as the directory says, and with its CRC-32.</summary>
    /// <param name="entry">Its entry; whoever asks has checked that its length can be borne.</param>
    /// <param name="file">Names the archive in errors.</param>
    /// <param name="mayLackSum">Whether a CRC-32 of 0 says that nobody has computed it.</param>
    /// <exception cref="InteropException">It has another length, or is damaged.</exception>
    public static byte[] Whole(ZipArchiveEntry entry, string file, bool mayLackSum = false)
    {
        if (entry.Length / MostOfOneByte > entry.CompressedLength)
            throw new InteropException(
                file, $"'{entry.FullName}' has {entry.CompressedLength} bytes, of which {entry.Length} can't come");
        if (entry.Length > Array.MaxLength)
            throw new InteropException(
                file, $"'{entry.FullName}' has {entry.Length} bytes; at most {Array.MaxLength} can be read");
        using var stream = entry.Open();
        var bytes = new byte[entry.Length];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (read != bytes.Length || stream.ReadByte() >= 0)
            throw new InteropException(file, $"'{entry.FullName}' has another length than the archive says");
        var isSumKnown = entry.Crc32 != 0 || !mayLackSum;
        return !isSumKnown || Crc32.HashToUInt32(bytes) == entry.Crc32
            ? bytes
            : throw new InteropException(
                file, $"'{entry.FullName}' is damaged: its CRC-32 is not the one that the archive says");
    }
}
