using ActorTrain.Kernels;
using Microsoft.Win32.SafeHandles;

namespace ActorTrain;

/// <summary>Where a split's pixels are. Immutable; for many threads at once.</summary>
internal abstract class PixelStore
{
    /// <summary>One image: in <paramref name="place"/>, or where it lies already.</summary>
    /// <param name="index">Which; there is one.</param>
    /// <param name="features">Pixels of an image.</param>
    /// <param name="place">As long as an image.</param>
    public abstract ReadOnlySpan<byte> Image(int index, int features, Span<byte> place);

    /// <summary>One image will be asked for soon. A hint: it changes no result.</summary>
    /// <param name="index">Which.</param>
    /// <param name="features">Pixels of an image.</param>
    public abstract void Prefetch(int index, int features);

    /// <summary>The same, but not so soon: says what is to be asked for meanwhile.</summary>
    /// <param name="index">Which.</param>
    /// <param name="features">Pixels of an image.</param>
    /// <param name="lines">Gets the image's; none, where it is not in memory.</param>
    public virtual void AddTo(LinesAhead lines, int index, int features)
    {
    }

    /// <summary>The pixels of some images, without a copy.</summary>
    /// <param name="first">Where they begin, in bytes.</param>
    /// <param name="count">How many, in bytes.</param>
    public abstract PixelStore Slice(long first, long count);

    /// <summary>All pixels in order, in pieces of which each is valid until the next one is asked for.</summary>
    public abstract IEnumerable<ReadOnlyMemory<byte>> Pieces();
}

/// <summary>Pixels in memory.</summary>
internal sealed class MemoryPixels(ReadOnlyMemory<byte> pixels) : PixelStore
{
    /// <summary>All of them.</summary>
    public ReadOnlyMemory<byte> All => pixels;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Image(int index, int features, Span<byte> place) =>
        pixels.Span.Slice(index * features, features);

    /// <inheritdoc/>
    public override void Prefetch(int index, int features) =>
        Packing.PrefetchNear(pixels.Span.Slice(index * features, features));

    /// <inheritdoc/>
    public override PixelStore Slice(long first, long count) =>
        new MemoryPixels(pixels.Slice(checked((int)first), checked((int)count)));

    /// <inheritdoc/>
    public override void AddTo(LinesAhead lines, int index, int features) =>
        lines.Add(pixels.Span.Slice(index * features, features));

    /// <inheritdoc/>
    public override IEnumerable<ReadOnlyMemory<byte>> Pieces() => [pixels];
}

/// <summary>
/// Pixels that stay in their file, and are read image by image. A mapping of the file would count as this process's
/// memory, page by page up to all of it; what is read here is kept by the system's cache only.
/// </summary>
internal sealed class FilePixels(SafeFileHandle file, string path, long offset, long count) : PixelStore
{
    private const int PieceBytes = 1 << 20;

    /// <summary>The file's name.</summary>
    public string Path => path;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Image(int index, int features, Span<byte> place)
    {
        place = place[..features];
        Read((long)index * features, place);
        return place;
    }

    /// <inheritdoc/>
    public override void Prefetch(int index, int features)
    {
        // The system reads ahead as it sees fit.
    }

    /// <inheritdoc/>
    public override PixelStore Slice(long first, long bytes) => new FilePixels(file, path, offset + first, bytes);

    /// <inheritdoc/>
    public override IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        var piece = new byte[PieceBytes];
        for (var start = 0L; start < count; start += PieceBytes)
        {
            var length = (int)Math.Min(PieceBytes, count - start);
            Read(start, piece.AsSpan(0, length));
            yield return piece.AsMemory(0, length);
        }
    }

    private void Read(long start, Span<byte> place)
    {
        for (var got = 0; got < place.Length;)
        {
            var read = RandomAccess.Read(file, place[got..], offset + start + got);
            if (read == 0)
                throw new DatasetException(
                    path, "cut off while it was in use", $"{offset + count} bytes, as at the start");
            got += read;
        }
    }
}
