using ScottPlot;
using SkiaSharp;

namespace ActorTrain.Host.Pictures;

/// <summary>Draws plots into a PNG.</summary>
internal static class PictureCanvas
{
    /// <summary>Plots side by side, equally wide, as the bytes of one PNG.</summary>
    public static byte[] Png(int widthPixels, int heightPixels, params ReadOnlySpan<Plot> plots)
    {
        using var surface = SKSurface.Create(new SKImageInfo(widthPixels, heightPixels));
        var width = (float)widthPixels / plots.Length;
        for (var i = 0; i < plots.Length; i++)
            Draw(plots[i], surface.Canvas, new PixelRect(i * width, (i + 1) * width, heightPixels, 0));
        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    // A plot first clears all of the canvas that it may touch.
    private static void Draw(Plot plot, SKCanvas canvas, PixelRect area)
    {
        canvas.Save();
        canvas.ClipRect(area.ToSKRect());
        plot.Render(canvas, area);
        canvas.Restore();
    }
}
