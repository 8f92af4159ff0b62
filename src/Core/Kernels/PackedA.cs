using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// A block of columns of A for the parameter gradient, packed into tiles of 6: for each k, 6 floats and 2 that nobody
/// uses, so that a row of a tile is copied by one load and one store.
/// </summary>
internal static unsafe class PackedA
{
    /// <summary>Floats of a tile for each k.</summary>
    public const int RowFloats = 8;

    /// <summary>Tiles of a block.</summary>
    public const int Tiles = 8;

    /// <summary>Columns of a block.</summary>
    public const int Columns = Tiles * Microkernel.MaxRows;

    /// <summary>
    /// Packs <paramref name="columns"/> columns of the <paramref name="columnsThere"/> that lie from
    /// <paramref name="source"/> on; a last tile that they do not fill gets zeros, for its chains are run as well.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float* source, nint stride, int rows, int columns, int columnsThere, float* destination)
    {
        nint tile = rows * RowFloats;
        var whole = 0;
        while (whole < columns && whole + RowFloats <= columnsThere) whole += Microkernel.MaxRows;
        var to = destination;
        for (var k = 0; k < rows; k++, to += RowFloats)
        {
            var from = source + (k * stride);
            var toTile = to;
            for (var column = 0; column < whole; column += Microkernel.MaxRows, toTile += tile)
                Vector256.Load(from + column).Store(toTile);
        }
        for (var column = whole; column < columns; column += Microkernel.MaxRows)
        {
            to = destination + (column / Microkernel.MaxRows * tile);
            new Span<float>(to, (int)tile).Clear();
            for (var k = 0; k < rows; k++, to += RowFloats)
                Packing.CopyRow<Lanes256, Vector256<float>>(
                    source + (k * stride) + column, Math.Min(Microkernel.MaxRows, columns - column), to);
        }
    }
}
