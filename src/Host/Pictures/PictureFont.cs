using ScottPlot;
using SkiaSharp;

namespace ActorTrain.Host.Pictures;

/// <summary>
/// The font of all pictures. It is inside the program: a machine may have none (a container with only .NET has none),
/// and then text would silently be left out; and so a picture looks the same everywhere.
/// </summary>
internal static class PictureFont
{
    /// <summary>The name to give to ScottPlot.</summary>
    public static string Name => Registered.Value;

    private static readonly Lazy<string> Registered = new(Register);

    private static string Register()
    {
        const string Resource = "DejaVuSans.ttf";
        using var stream = typeof(PictureFont).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The resource {Resource} is missing from the program.");
        using var data = SKData.Create(stream);
        var resolver = new Resolver("ActorTrain Sans", data.ToArray());
        Fonts.FontResolvers.Insert(0, resolver);
        return resolver.Family;
    }

    private sealed class Resolver(string family, byte[] file) : IFontResolver
    {
        public string Family => family;

        // ScottPlot caches what it gets, and disposes it with its cache: hence a new one each time.
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing)
        {
            if (fontName != family) return null;
            using var data = SKData.CreateCopy(file);
            return SKTypeface.FromData(data);
        }

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
            CreateTypeface(fontName, FontWeight.Normal, FontSlant.Upright, FontSpacing.Normal);
    }
}
