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
        for (var k = 0; k < rows; k++, source += stride, destination += RowFloats)
        {
            var to = destination;
            var column = 0;
            for (; column < columns && column + RowFloats <= columnsThere; column += Microkernel.MaxRows, to += tile)
                Vector256.Load(source + column).Store(to);
            for (; column < columns; column += Microkernel.MaxRows, to += tile)
                for (var i = 0; i < RowFloats; i++) to[i] = column + i < columns ? source[column + i] : 0;
        }
    }
}
