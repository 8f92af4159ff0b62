using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// The largest of every 2×2 pixels of a plane, and where its gradient goes: to the first of the largest, row by row. A
/// NaN counts as larger than anything.
/// </summary>
internal static unsafe class MaxOfFour
{
    /// <summary>y [H/2, W/2] of a plane [H, W].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(ReadOnlySpan<float> plane, int width, Span<float> y)
    {
        var (rows, across) = (plane.Length / width / 2, width / 2);
        Check(y.Length, rows * across);
        fixed (float* pixels = plane, start = y)
        {
            var to = start;
            for (var i = 0; i < rows; i++)
            {
                float* top = pixels + (2 * i * width), bottom = top + width;
                if (across < 4)
                    for (var j = 0; j < across; j++)
                        to[j] = pixels[Largest(pixels, (2 * i * width) + (2 * j), width)];
                else
                    for (var j = 0; j < across; j += 4)
                    {
                        // The last four may have been done in part: they come out the same again.
                        var place = Math.Min(j, across - 4);
                        var (e0, o0) = Split(top + (2 * place));
                        var (e1, o1) = Split(bottom + (2 * place));
                        Larger(Larger(Larger(e0, o0), e1), o1).Store(to + place);
                    }
                to += across;
            }
        }
    }

    /// <summary>dx [H, W] of dy [H/2, W/2]; what no four cover becomes 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(ReadOnlySpan<float> plane, int width, ReadOnlySpan<float> dy, Span<float> dx)
    {
        var (rows, across) = (plane.Length / width / 2, width / 2);
        Check(dy.Length, rows * across);
        Check(dx.Length, plane.Length);
        if (2 * across != width || 2 * rows * width != plane.Length) dx.Clear();
        fixed (float* pixels = plane, start = dy, slopes = dx)
        {
            var from = start;
            for (var i = 0; i < rows; i++)
            {
                nint line = 2 * i * width;
                if (across < 4)
                    for (var j = 0; j < across; j++)
                    {
                        var place = line + (2 * j);
                        slopes[place] = slopes[place + 1] = slopes[place + width] = slopes[place + width + 1] = 0;
                        slopes[Largest(pixels, place, width)] = from[j];
                    }
                else
                    for (var j = 0; j < across; j += 4)
                    {
                        var place = Math.Min(j, across - 4);
                        SpreadFour(pixels + line + (2 * place), width, from + place, slopes + line + (2 * place));
                    }
                from += across;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SpreadFour(float* top, int width, float* slope, float* slopes)
    {
        var (e0, o0) = Split(top);
        var (e1, o1) = Split(top + width);
        var second = IsLarger(o0, e0);
        var best = Vector128.ConditionalSelect(second, o0, e0);
        var third = IsLarger(e1, best);
        var fourth = IsLarger(o1, Vector128.ConditionalSelect(third, e1, best));
        var dy = Vector128.Load(slope);
        var upper = Vector128.AndNot(dy, third | fourth);
        Join(Vector128.AndNot(upper, second), upper & second, slopes);
        Join(Vector128.AndNot(dy & third, fourth), dy & fourth, slopes + width);
    }

    private static nint Largest(float* pixels, nint place, int width)
    {
        var best = place;
        if (IsLarger(pixels[place + 1], pixels[best])) best = place + 1;
        if (IsLarger(pixels[place + width], pixels[best])) best = place + width;
        return IsLarger(pixels[place + width + 1], pixels[best]) ? place + width + 1 : best;
    }

    // Those at even and those at odd places of eight.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> Even, Vector128<float> Odd) Split(float* source)
    {
        var parted = Vector256.Shuffle(Vector256.Load(source), Vector256.Create(0, 2, 4, 6, 1, 3, 5, 7));
        return (parted.GetLower(), parted.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Join(Vector128<float> even, Vector128<float> odd, float* destination) =>
        Vector256.Shuffle(Vector256.Create(even, odd), Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> IsLarger(Vector128<float> next, Vector128<float> best) =>
        Vector128.GreaterThan(next, best) | ~Vector128.Equals(next, next);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Larger(Vector128<float> best, Vector128<float> next) =>
        Vector128.ConditionalSelect(IsLarger(next, best), next, best);

    private static bool IsLarger(float next, float best) => next > best || float.IsNaN(next);

    private static void Check(int length, int needed)
    {
        if (length != needed)
            throw new ArgumentException($"MaxOfFour: {length} elements where {needed} belong.");
    }
}
