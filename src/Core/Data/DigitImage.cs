namespace ActorTrain;

/// <summary>Makes of any grey picture of one digit the 28x28 bytes that MNIST would have for it.</summary>
/// <remarks>
/// As MNIST was made (LeCun et al. 1998): the ink's bounding box is scaled to fit 20x20 with its aspect ratio kept,
/// with antialiasing, and placed so that its centre of mass falls on pixel (14, 14) of 28x28. MNIST's own images
/// come back as they were, but for a peak of 254 that becomes 255.
/// </remarks>
public static class DigitImage
{
    /// <summary>Rows and columns of the result.</summary>
    public const int Size = 28;

    private const int BoxSize = 20;
    private const int Centre = 14;

    // Fewer grey levels than this between darkest and brightest are paper, not a digit.
    private const int LeastContrast = 16;

    /// <summary>The digit of a grey picture.</summary>
    /// <param name="grey">[height, width], row-major, 0 black … 255 white; dark on light or light on dark.</param>
    /// <param name="width">At least 1.</param>
    /// <param name="height">At least 1.</param>
    /// <param name="name">Names the picture in errors.</param>
    /// <returns>[28, 28], row-major, 0 background … 255 full stroke.</returns>
    /// <exception cref="ArgumentException">The pixels are not width·height.</exception>
    /// <exception cref="DatasetException">The picture is blank.</exception>
    public static byte[] FromGrey(ReadOnlySpan<byte> grey, int width, int height, string name)
    {
        if (width < 1 || height < 1 || grey.Length != (long)width * height)
            throw new ArgumentException(
                $"DigitImage.FromGrey: {grey.Length} pixels are not {width}x{height}; give width·height.",
                nameof(grey));
        byte darkest = byte.MaxValue, brightest = 0;
        foreach (var pixel in grey) (darkest, brightest) = (Math.Min(darkest, pixel), Math.Max(brightest, pixel));
        if (brightest - darkest < LeastContrast)
            throw new DatasetException(
                name,
                $"a blank picture (grey levels {darkest} to {brightest})",
                $"a digit at least {LeastContrast} levels darker or lighter than its background");
        var ink = Ink(grey, width, height, darkest, brightest);
        var (left, top, inkWidth, inkHeight) = Box(ink, width, height);
        var longest = Math.Max(inkWidth, inkHeight);
        var columns = Scaled(inkWidth, longest);
        var rows = Scaled(inkHeight, longest);
        var narrow = ResampleRows(ink, width, left, top, inkWidth, inkHeight, columns);
        return Place(ResampleColumns(narrow, columns, inkHeight, rows), columns, rows);
    }

    // How far each pixel stands out from the background towards the ink's side; 0 where that is no more than noise.
    private static float[] Ink(ReadOnlySpan<byte> grey, int width, int height, byte darkest, byte brightest)
    {
        var middle = (darkest + brightest) / 2;
        var border = Border(grey, width, height);
        var lightBackground = IsLight(border, middle) ?? 2 * CountAbove(grey, middle) >= grey.Length;
        var background = Array.FindAll(border, pixel => pixel > middle == lightBackground);
        if (background.Length == 0) background = [lightBackground ? brightest : darkest];
        Array.Sort(background);
        var level = background[background.Length / 2];
        var deviations = Array.ConvertAll(background, pixel => Math.Abs(pixel - level));
        Array.Sort(deviations);
        // Twice the 95th percentile, but never so much that faint strokes go with it.
        var noise = Math.Min(2 * deviations[(deviations.Length - 1) * 95 / 100], (brightest - darkest) / 4);
        var ink = new float[grey.Length];
        for (var i = 0; i < ink.Length; i++)
        {
            var strength = lightBackground ? level - grey[i] : grey[i] - level;
            if (strength > noise) ink[i] = strength;
        }
        return ink;
    }

    // The border decides if three quarters of it agree; a digit that touches it may leave it undecided.
    private static bool? IsLight(byte[] border, int middle)
    {
        var light = CountAbove(border, middle);
        return 4 * light >= 3 * border.Length ? true : 4 * light <= border.Length ? false : null;
    }

    private static int CountAbove(ReadOnlySpan<byte> pixels, int level)
    {
        var count = 0;
        foreach (var pixel in pixels) count += pixel > level ? 1 : 0;
        return count;
    }

    private static byte[] Border(ReadOnlySpan<byte> grey, int width, int height)
    {
        var border = new List<byte>(2 * (width + height));
        for (var y = 0; y < height; y++)
        {
            var step = y == 0 || y == height - 1 ? 1 : Math.Max(1, width - 1);
            for (var x = 0; x < width; x += step) border.Add(grey[(y * width) + x]);
        }
        return [.. border];
    }

    private static (int Left, int Top, int Width, int Height) Box(float[] ink, int width, int height)
    {
        int left = width, top = height, right = -1, bottom = -1;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                if (ink[(y * width) + x] == 0) continue;
                (left, right) = (Math.Min(left, x), Math.Max(right, x));
                (top, bottom) = (Math.Min(top, y), y);
            }
        }
        return (left, top, right - left + 1, bottom - top + 1);
    }

    private static int Scaled(int length, int longest) =>
        Math.Max(1, (int)Math.Round((double)length * BoxSize / longest));

    private static float[] ResampleRows(float[] ink, int stride, int left, int top, int width, int height, int columns)
    {
        var result = new float[height * columns];
        for (var x = 0; x < columns; x++)
        {
            foreach (var (source, weight) in Weights(x, width, columns))
            {
                for (var y = 0; y < height; y++)
                    result[(y * columns) + x] += weight * ink[((top + y) * stride) + left + source];
            }
        }
        return result;
    }

    private static float[] ResampleColumns(float[] ink, int columns, int height, int rows)
    {
        var result = new float[rows * columns];
        for (var y = 0; y < rows; y++)
        {
            foreach (var (source, weight) in Weights(y, height, rows))
            {
                for (var x = 0; x < columns; x++)
                    result[(y * columns) + x] += weight * ink[(source * columns) + x];
            }
        }
        return result;
    }

    // Which of `from` pixels make up pixel `index` of `to`: shares of the area when shrinking, linear between centres
    // when growing.
    private static IEnumerable<(int Source, float Weight)> Weights(int index, int from, int to)
    {
        var ratio = (double)from / to;
        if (from < to)
        {
            var centre = Math.Clamp(((index + 0.5) * ratio) - 0.5, 0, from - 1);
            var below = (int)centre;
            yield return (below, (float)(1 - (centre - below)));
            if (centre > below) yield return (below + 1, (float)(centre - below));
            yield break;
        }
        double start = index * ratio, end = start + ratio;
        for (var source = (int)start; source < end && source < from; source++)
            yield return (source, (float)((Math.Min(end, source + 1) - Math.Max(start, source)) / ratio));
    }

    private static byte[] Place(float[] ink, int columns, int rows)
    {
        double mass = 0, momentX = 0, momentY = 0;
        float peak = 0;
        for (var y = 0; y < rows; y++)
        {
            for (var x = 0; x < columns; x++)
            {
                var value = ink[(y * columns) + x];
                mass += value;
                momentX += x * value;
                momentY += y * value;
                peak = Math.Max(peak, value);
            }
        }
        var left = Math.Clamp(Centre - (int)Math.Floor((momentX / mass) + 0.5), 0, Size - columns);
        var top = Math.Clamp(Centre - (int)Math.Floor((momentY / mass) + 0.5), 0, Size - rows);
        var digit = new byte[Size * Size];
        for (var y = 0; y < rows; y++)
        {
            for (var x = 0; x < columns; x++)
                digit[((top + y) * Size) + left + x] = (byte)MathF.Round(ink[(y * columns) + x] * byte.MaxValue / peak);
        }
        return digit;
    }
}
