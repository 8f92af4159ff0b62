using System.Security.Cryptography;

namespace ActorTrain.Actors.Protocol;

/// <summary>
/// 128 random bits that allow one node to attach to the bulk port: a claim check, handed out over the control plane.
/// It is a secret, so it never appears in a log.
/// </summary>
public readonly struct BulkToken : IEquatable<BulkToken>
{
    /// <summary>Its length in bytes.</summary>
    public const int ByteCount = 16;

    private readonly UInt128 _bits;

    private BulkToken(UInt128 bits) => _bits = bits;

    /// <summary>A new one, from the system's random numbers.</summary>
    public static BulkToken New()
    {
        Span<byte> bytes = stackalloc byte[ByteCount];
        RandomNumberGenerator.Fill(bytes);
        return Of(bytes);
    }

    /// <summary>From its bytes.</summary>
    /// <param name="bytes">Exactly 16.</param>
    public static BulkToken Of(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, ByteCount, nameof(bytes));
        return new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>True when both have the same bytes.</summary>
    public static bool operator ==(BulkToken left, BulkToken right) => left.Equals(right);

    /// <summary>True when a byte differs.</summary>
    public static bool operator !=(BulkToken left, BulkToken right) => !left.Equals(right);

    /// <summary>Writes its bytes.</summary>
    /// <param name="destination">Exactly 16.</param>
    public void WriteTo(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, ByteCount, nameof(destination));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination, _bits);
    }

    /// <summary>Compares without telling by its time where two tokens differ.</summary>
    public bool Equals(BulkToken other)
    {
        Span<byte> mine = stackalloc byte[ByteCount], others = stackalloc byte[ByteCount];
        WriteTo(mine);
        other.WriteTo(others);
        return CryptographicOperations.FixedTimeEquals(mine, others);
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BulkToken other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _bits.GetHashCode();

    /// <summary>Says only that there is one.</summary>
    public override string ToString() => "(secret)";
}
