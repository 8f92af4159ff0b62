namespace ActorTrain;

/// <summary>Bytes to floats: the one place where a pixel becomes an input.</summary>
internal static class PixelScaling
{
    /// <summary>inputs[i] = fma(pixels[i], scale, shift) in float32: one rounding, the same on every machine.</summary>
    public static void Apply(ReadOnlySpan<byte> pixels, Span<float> inputs, float scale, float shift)
    {
        inputs = inputs[..pixels.Length];
        for (var i = 0; i < pixels.Length; i++) inputs[i] = MathF.FusedMultiplyAdd(pixels[i], scale, shift);
    }
}
