using System.IO.Compression;

namespace ActorTrain.Interop;

/// <summary>Files in zip archives, whose directory may not tell the truth.</summary>
internal static class ZipParts
{
    // Deflate makes no more of one byte.
    private const long MostOfOneByte = 1032;

    /// <summary>A file's bytes, exactly as many as the directory says.</summary>
    /// <param name="entry">Its entry; whoever asks has checked that its length can be borne.</param>
    /// <param name="file">Names the archive in errors.</param>
    /// <exception cref="InteropException">It has another length.</exception>
    public static byte[] Whole(ZipArchiveEntry entry, string file)
    {
        if (entry.Length / MostOfOneByte > entry.CompressedLength)
            throw new InteropException(
                file, $"'{entry.FullName}' has {entry.CompressedLength} bytes, of which {entry.Length} can't come");
        using var stream = entry.Open();
        var bytes = new byte[entry.Length];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length && stream.ReadByte() < 0
            ? bytes
            : throw new InteropException(file, $"'{entry.FullName}' has another length than the archive says");
    }
}
