using System.Buffers.Binary;
using System.Text;
using ActorTrain.Interop.Protobuf;
using ActorTrain.Interop.TensorBoard;

namespace ActorTrain.Core.Tests.Interop.TensorBoard;

public class EventRecordTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250);

    // Every event file of TensorFlow's begins with these bytes: 24, its sum, and the tag of the time.
    [Fact]
    public void A_file_begins_as_TensorFlows_do()
    {
        var record = EventRecord.Beginning(Time);
        Assert.Equal("1800000000000000a37f4b2209", Convert.ToHexStringLower(record.AsSpan(0, 13)));
        Assert.Equal(1_700_000_000.25, BinaryPrimitives.ReadDoubleLittleEndian(record.AsSpan(13)));
        Assert.Equal("\u001a\u000dbrain.Event:2", Encoding.ASCII.GetString(record.AsSpan(21, 15)));
    }

    [Fact]
    public void Figures_are_read_back_and_every_sum_is_right()
    {
        byte[] file =
        [
            .. EventRecord.Beginning(Time),
            .. EventRecord.Scalars(Time, 3, ("test/loss", 0.25), ("test/accuracy", 0.97)),
            .. EventRecord.Scalars(Time, 4, ("test/loss", 0.125)),
        ];
        var events = Events(file).ToList();
        Assert.Equal(3, events.Count);
        Assert.Equal("1700000000.25 0 brain.Event:2", TextOf(events[0]));
        Assert.Equal("1700000000.25 3 test/loss=0.25 test/accuracy=0.97", TextOf(events[1]));
        Assert.Equal("1700000000.25 4 test/loss=0.125", TextOf(events[2]));
    }

    [Fact]
    public void The_sum_of_the_tests_is_that_of_RFC_3720()
    {
        Assert.Equal(0x8a9136aau, Crc32C(new byte[32]));
        Assert.Equal(0xe3069283u, Crc32C("123456789"u8));
    }

    private static IEnumerable<byte[]> Events(byte[] file)
    {
        while (file.Length > 0)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
            Assert.Equal(Masked(Crc32C(file.AsSpan(0, 8))), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(8)));
            var data = file.AsSpan(12, length).ToArray();
            Assert.Equal(Masked(Crc32C(data)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(12 + length)));
            file = file[(12 + length + 4)..];
            yield return data;
        }
    }

    // event.proto: wall_time 1, step 2, file_version 3, summary 5; summary.proto: value 1 with tag 1, simple_value 2.
    private static string TextOf(byte[] data)
    {
        var (time, step, rest) = (0.0, 0L, new List<string>());
        for (var e = new ProtobufReader(data, "event"); e.Next();)
            switch (e.Field)
            {
                case 1: time = e.Double(); break;
                case 2: step = e.Number(); break;
                case 3: rest.Add(e.Text()); break;
                case 5:
                    for (var summary = new ProtobufReader(e.Bytes(), "summary"); summary.Next();)
                    {
                        var (tag, value) = ("", 0f);
                        for (var v = new ProtobufReader(summary.Bytes(), "value"); v.Next();)
                        {
                            if (v.Field == 1) tag = v.Text();
                            else if (v.Field == 2) value = v.Float();
                        }
                        rest.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{tag}={value}"));
                    }
                    break;
                default: Assert.Fail($"field {e.Field}"); break;
            }
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{time} {step} {string.Join(' ', rest)}");
    }

    private static uint Masked(uint sum) => ((sum >> 15) | (sum << 17)) + 0xa282ead8;

    // Bit by bit, with the reflected polynomial.
    private static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var sum = uint.MaxValue;
        foreach (var value in data)
        {
            sum ^= value;
            for (var bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ ((sum & 1) * 0x82f63b78);
        }
        return ~sum;
    }
}
