namespace ActorTrain.Interop;

/// <summary>Whole numbers of other programs' files, which become float32 only where that is exact.</summary>
internal static class WholeNumber
{
    // Up to here every one is a float32.
    private const int AllExact = 1 << 24;

    /// <summary>The float32 that is this number.</summary>
    /// <param name="value">Of at most 64 bits, with a sign or without.</param>
    /// <param name="file">Names the file in errors.</param>
    /// <exception cref="InteropException">There is none.</exception>
    public static float ToSingle(Int128 value, string file)
    {
        if (value >= -AllExact && value <= AllExact) return (int)value;
        var single = (float)value;
        return (Int128)single == value
            ? single
            : throw new InteropException(file, $"the whole number {value}, which is no float32");
    }
}
