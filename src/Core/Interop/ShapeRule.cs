namespace ActorTrain.Interop;

/// <summary>Sizes that a file tells, as a shape that can be.</summary>
internal static class ShapeRule
{
    /// <summary>The shape.</summary>
    /// <param name="sizes">As they stand in the file.</param>
    /// <param name="file">Names file and tensor in errors.</param>
    /// <exception cref="InteropException">Too many dimensions, or more elements than an array holds.</exception>
    public static Shape Checked(IReadOnlyCollection<long> sizes, string file)
    {
        if (sizes.Count > Shape.MaxRank)
            throw new InteropException(file, $"{sizes.Count} dimensions; {Shape.MaxRank} can be read");
        var count = 1L;
        foreach (var size in sizes)
            if (size < 0 || size > Array.MaxLength || (count *= size) > Array.MaxLength)
                throw new InteropException(file, $"shape [{string.Join(", ", sizes)}]; no tensor has it here");
        return Shape.Create([.. sizes.Select(s => (int)s)]);
    }
}
