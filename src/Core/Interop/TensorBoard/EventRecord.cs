using System.Buffers.Binary;
using System.Numerics;
using ActorTrain.Interop.Protobuf;

namespace ActorTrain.Interop.TensorBoard;

/// <summary>
/// The records of a TensorBoard event file, as functions: one after another they are the file. A record is a length and
/// an Event (event.proto), each with its CRC-32C (TFRecord).
/// </summary>
public static class EventRecord
{
    private const string Version = "brain.Event:2";

    /// <summary>The first record of a file.</summary>
    /// <param name="time">When it was begun.</param>
    public static byte[] Beginning(DateTimeOffset time) => Framed(ProtobufWriter.Message(e =>
    {
        e.Double(1, Seconds(time));
        e.Text(3, Version);
    }));

    /// <summary>A record of figures.</summary>
    /// <param name="time">When they were known.</param>
    /// <param name="step">Where on the curves' axis they stand.</param>
    /// <param name="scalars">
    /// A curve's name, of which what is before a slash makes a group, and its value there.
    /// </param>
    public static byte[] Scalars(
        DateTimeOffset time, long step, params IEnumerable<(string Tag, double Value)> scalars) =>
        Framed(ProtobufWriter.Message(e =>
        {
            e.Double(1, Seconds(time));
            e.Number(2, step);
            e.Message(5, summary =>
            {
                foreach (var (tag, value) in scalars)
                    summary.Message(1, v =>
                    {
                        v.Text(1, tag);
                        v.Float(2, (float)value);
                    });
            });
        }));

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private static byte[] Framed(byte[] data)
    {
        const int lengthBytes = sizeof(ulong), sumBytes = sizeof(uint);
        var record = new byte[lengthBytes + sumBytes + data.Length + sumBytes];
        var span = record.AsSpan();
        BinaryPrimitives.WriteUInt64LittleEndian(span, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(span[lengthBytes..], MaskedSum(span[..lengthBytes]));
        data.CopyTo(span[(lengthBytes + sumBytes)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(span[^sumBytes..], MaskedSum(data));
        return record;
    }

    // Turned and shifted, as TFRecord does, so that a sum over data with sums in it is not weak.
    private static uint MaskedSum(ReadOnlySpan<byte> data)
    {
        const uint shift = 0xa282ead8;
        var sum = uint.MaxValue;
        foreach (var value in data) sum = BitOperations.Crc32C(sum, value);
        return BitOperations.RotateRight(~sum, 15) + shift;
    }
}
