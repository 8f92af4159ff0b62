using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ActorTrain;

/// <summary>
/// How a gradient is encoded that crosses from one process to another: a closed set of pure functions between spans,
/// part of the recipe. All numbers are little-endian; nothing but the length of the gradient says how many bytes there
/// are.
/// </summary>
public abstract record Compression
{
    /// <summary>What <see cref="TryParse"/> reads, for messages.</summary>
    public const string Allowed = "none, bf16, or topk:FRACTION (above 0, at most 1)";

    private protected Compression()
    {
    }

    /// <summary>The compression that a text names: <c>none</c>, <c>bf16</c>, <c>topk:0.01</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Compression? compression)
    {
        const string topK = "topk:";
        compression = text switch
        {
            "none" => new NoCompression(),
            "bf16" => new Bf16(),
            _ when text.StartsWith(topK, StringComparison.Ordinal)
                && double.TryParse(
                    text.AsSpan(topK.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)
                && fraction is > 0 and <= 1 => new TopK(fraction),
            _ => null,
        };
        return compression is not null;
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public sealed override string ToString() => this switch
    {
        NoCompression => "none",
        Bf16 => "bf16",
        TopK k => $"topk:{k.Fraction.ToString("R", CultureInfo.InvariantCulture)}",
        _ => throw new System.Diagnostics.UnreachableException(
            $"Compression.ToString has no arm for {GetType().Name}; add one."),
    };

    /// <summary>Bytes of an encoded gradient.</summary>
    /// <param name="count">Elements of the gradient.</param>
    public abstract int EncodedBytes(int count);

    /// <summary>
    /// Floats that the encoding side keeps from one gradient to the next, zeros at first: what was left out, added to
    /// the next one (error feedback). 0 where nothing is kept.
    /// </summary>
    /// <param name="count">Elements of the gradient.</param>
    public virtual int ResidualLength(int count) => 0;

    /// <summary>Encodes a gradient.</summary>
    /// <param name="gradient">To encode.</param>
    /// <param name="residual">Of <see cref="ResidualLength"/>: read, and replaced by what is left out now.</param>
    /// <param name="bytes">Of <see cref="EncodedBytes"/>; all of them are written.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void Encode(ReadOnlySpan<float> gradient, Span<float> residual, Span<byte> bytes)
    {
        var (encoded, kept) = (EncodedBytes(gradient.Length), ResidualLength(gradient.Length));
        if (bytes.Length != encoded)
            throw new ArgumentException(
                $"{this}: {bytes.Length} bytes for {gradient.Length} floats; give {encoded}.", nameof(bytes));
        if (residual.Length != kept)
            throw new ArgumentException(
                $"{this}: a residual of {residual.Length} for {gradient.Length} floats; give {kept}.",
                nameof(residual));
        Write(gradient, residual, bytes);
    }

    /// <summary>What an encoded gradient stands for.</summary>
    /// <param name="bytes">From somewhere else: every length and index is checked.</param>
    /// <param name="gradient">All elements are written.</param>
    /// <exception cref="CompressionException">The bytes are no gradient of this length; nothing is known of its
    /// elements then.</exception>
    public void Decode(ReadOnlySpan<byte> bytes, Span<float> gradient)
    {
        if (bytes.Length != EncodedBytes(gradient.Length))
            throw new CompressionException($"{this}: {bytes.Length} bytes for {gradient.Length} floats; expected "
                + $"{EncodedBytes(gradient.Length)}.");
        Read(bytes, gradient);
    }

    private protected abstract void Write(ReadOnlySpan<float> gradient, Span<float> residual, Span<byte> bytes);

    private protected abstract void Read(ReadOnlySpan<byte> bytes, Span<float> gradient);
}

/// <summary>Bytes from elsewhere are no gradient.</summary>
/// <param name="message">One sentence for people.</param>
public sealed class CompressionException(string message) : FormatException(message);
