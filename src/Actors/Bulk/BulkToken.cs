using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ActorTrain.Actors.Bulk;

/// <summary>
/// A claim check: whoever shows it was given it over the control plane. Good for one connection; that of the holder of
/// a range, for one of each worker.
/// </summary>
/// <param name="Value">128 random bits.</param>
public readonly record struct BulkToken(UInt128 Value)
{
    /// <summary>Bytes of a token.</summary>
    public const int Bytes = 16;

    /// <summary>A token that nobody can guess.</summary>
    public static BulkToken Create()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bytes);
        return Read(bytes);
    }

    /// <summary>The token that <see cref="Write"/> wrote.</summary>
    /// <param name="source">At least <see cref="Bytes"/> long.</param>
    public static BulkToken Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt128LittleEndian(source));

    /// <summary>Writes the token.</summary>
    /// <param name="destination">At least <see cref="Bytes"/> long.</param>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt128LittleEndian(destination, Value);

    /// <summary>Says nothing: a token is a secret, and text ends up in logs.</summary>
    public override string ToString() => "token";
}
