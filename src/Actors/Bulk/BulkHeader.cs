using System.Buffers.Binary;

namespace ActorTrain.Actors.Bulk;

/// <summary>The fixed head of each frame of the bulk path; as many payload bytes as it says come after it.</summary>
/// <param name="Kind">What the frame is.</param>
/// <param name="Encoding">How the payload is to be read.</param>
/// <param name="WorkKind">Of the key: what the work is for; the session knows the values.</param>
/// <param name="Level">Of the key: the tree node's level.</param>
/// <param name="Incarnation">Of the key: the server's fencing number.</param>
/// <param name="Version">Of the key: updates in the parameters.</param>
/// <param name="Step">Of the key: the minibatch's number in the run.</param>
/// <param name="Index">Of the key: the tree node's index in its level.</param>
/// <param name="PayloadBytes">Bytes after this header.</param>
/// <param name="LossSum">Of an answer: the sum of the losses of its rows.</param>
/// <param name="Correct">Of an answer: rows whose largest logit is the label's.</param>
/// <param name="Rows">Of an answer: how many.</param>
/// <param name="Offset">
/// Of a piece of a vector: the element that it begins with; of an answer: the microseconds that its computing took.
/// </param>
/// <param name="IsShared">True: not the payload follows, but where it lies in memory that both sides can read.</param>
/// <remarks>
/// 64 bytes, little-endian: magic "ATB1", uint32; kind, encoding, work kind, level, one byte each; incarnation,
/// version, step, int64; index, int32; payload bytes, uint32; loss sum, float64; correct, rows, offset, int32; 1
/// where the payload is
/// shared, else 0, uint32.
/// </remarks>
public readonly record struct BulkHeader(
    BulkKind Kind,
    BulkEncoding Encoding = BulkEncoding.Bytes,
    byte WorkKind = 0,
    byte Level = 0,
    long Incarnation = 0,
    long Version = 0,
    long Step = 0,
    int Index = 0,
    int PayloadBytes = 0,
    double LossSum = 0,
    int Correct = 0,
    int Rows = 0,
    int Offset = 0,
    bool IsShared = false)
{
    /// <summary>Bytes of a header.</summary>
    public const int Bytes = 64;

    /// <summary>The most payload bytes of a <see cref="BulkKind.Failure"/>.</summary>
    public const int FailureBytes = 1024;

    /// <summary>The payload bytes of an <see cref="BulkKind.Attach"/>: a run's id and a token.</summary>
    public const int AttachBytes = 16 + BulkToken.Bytes;

    // "ATB1" in the order of the bytes on the wire.
    private const uint Magic = 0x31425441;

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Bytes"/> long.</param>
    public void Write(Span<byte> destination)
    {
        destination = destination[..Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Magic);
        destination[4] = (byte)Kind;
        destination[5] = (byte)Encoding;
        destination[6] = WorkKind;
        destination[7] = Level;
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], Incarnation);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(destination[24..], Step);
        BinaryPrimitives.WriteInt32LittleEndian(destination[32..], Index);
        BinaryPrimitives.WriteInt32LittleEndian(destination[36..], PayloadBytes);
        BinaryPrimitives.WriteDoubleLittleEndian(destination[40..], LossSum);
        BinaryPrimitives.WriteInt32LittleEndian(destination[48..], Correct);
        BinaryPrimitives.WriteInt32LittleEndian(destination[52..], Rows);
        BinaryPrimitives.WriteInt32LittleEndian(destination[56..], Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[60..], IsShared ? 1u : 0u);
    }

    /// <summary>
    /// Reads a header; refuses what no session can mean. Whether this one expects the frame is for its owner to say.
    /// </summary>
    /// <param name="source">At least <see cref="Bytes"/> long; what follows is not looked at.</param>
    /// <param name="header">What was read.</param>
    /// <param name="error">Why not; none when it was.</param>
    public static bool TryRead(ReadOnlySpan<byte> source, out BulkHeader header, out string? error)
    {
        header = default;
        if (source.Length < Bytes)
        {
            error = "a header is cut off";
            return false;
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic)
        {
            error = "not a frame of the bulk path";
            return false;
        }
        var read = new BulkHeader(
            (BulkKind)source[4],
            (BulkEncoding)source[5],
            source[6],
            source[7],
            BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[36..]),
            BinaryPrimitives.ReadDoubleLittleEndian(source[40..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[48..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[52..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[56..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[60..]) == 1);
        error = read.Error(flags: BinaryPrimitives.ReadUInt32LittleEndian(source[60..]));
        if (error is null) header = read;
        return error is null;
    }

    private string? Error(uint flags)
    {
        if (Kind is < BulkKind.Attach or > BulkKind.Ask) return "an unknown kind of frame";
        if (Encoding > BulkEncoding.Bytes) return "an unknown encoding";
        if (flags > 1) return "flags that are not known";
        if ((Incarnation | Version | Step) < 0 || (Index | Correct | Rows | Offset) < 0) return "a negative number";
        return HasRightLength() ? null : "a length that its kind does not have";
    }

    private bool HasRightLength() => Kind switch
    {
        BulkKind.Attach => PayloadBytes == AttachBytes,
        BulkKind.Order or BulkKind.CheckpointAck or BulkKind.Bye or BulkKind.Pull or BulkKind.Pushed
            or BulkKind.Ask => PayloadBytes == 0,
        BulkKind.Update => PayloadBytes > 0 && PayloadBytes % (2 * sizeof(int)) == 0,
        BulkKind.Failure => PayloadBytes is >= 0 and <= FailureBytes,
        BulkKind.Weights or BulkKind.GradientAnswer or BulkKind.EvaluationAnswer or BulkKind.Checkpoint
            or BulkKind.Moments
            or BulkKind.LocalStepsAnswer => PayloadBytes >= 0,
        BulkKind.SharedMemory => PayloadBytes == SharedPlace.Bytes && !IsShared,
        BulkKind.WeightsPart or BulkKind.GradientPart => PayloadBytes > 0,
    };
}
