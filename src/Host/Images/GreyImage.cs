using SkiaSharp;

namespace ActorTrain.Host.Images;

/// <summary>A grey picture: one byte of luminance a pixel, row by row, 0 black to 255 white.</summary>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Pixels">Luminance.</param>
internal sealed record GreyImage(int Width, int Height, byte[] Pixels)
{
    /// <summary>The longest side that is read: a photograph has less.</summary>
    public const int MaxSide = 8192;

    private static readonly byte[] PngSignature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Reads a PNG file; colours become luminance (Rec. 601), transparent parts white.</summary>
    /// <exception cref="FailureException">The file is missing, can't be read, is no PNG, too large or damaged.
    /// </exception>
    public static GreyImage Read(string path)
    {
        if (!File.Exists(path)) throw new FailureException($"{path}: no such file; give PNG files of digits.");
        var bytes = BytesOf(path);
        if (!bytes.AsSpan().StartsWith(PngSignature)) throw new FailureException($"{path}: not a PNG file.");
        using var data = SKData.CreateCopy(bytes);
        using SKCodec? codec = SKCodec.Create(data);
        if (codec is null) throw new FailureException($"{path}: the PNG is damaged.");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (width > MaxSide || height > MaxSide)
            throw new FailureException($"{path}: {width}x{height} pixels; give at most {MaxSide}x{MaxSide}.");
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        if (codec.GetPixels(bitmap.Info, bitmap.GetPixels()) != SKCodecResult.Success)
            throw new FailureException($"{path}: the PNG is damaged or cut off.");
        return new(width, height, ToGrey(bitmap.GetPixelSpan(), bitmap.RowBytes, width, height));
    }

    private static byte[] BytesOf(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"{path}: can't be read: {e.Message}");
        }
    }

    private static byte[] ToGrey(ReadOnlySpan<byte> rgba, int rowBytes, int width, int height)
    {
        var grey = new byte[width * height];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var pixel = rgba.Slice((y * rowBytes) + (4 * x), 4);
                var luminance = (0.299 * pixel[0]) + (0.587 * pixel[1]) + (0.114 * pixel[2]);
                var alpha = pixel[3] / 255.0;
                grey[(y * width) + x] = (byte)Math.Round((alpha * luminance) + ((1 - alpha) * 255));
            }
        return grey;
    }
}
