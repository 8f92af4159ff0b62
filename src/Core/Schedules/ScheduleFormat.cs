using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace ActorTrain.Schedules;

/// <summary>Entries of a schedule as bytes, both ways, as pure functions.</summary>
/// <remarks>
/// A line of UTF-8 JSON for each: <c>"restart"</c>, or an array of contributions, each
/// <c>[unit, its incarnation, first minibatch, version, node's level, node's index, minibatches, flags]</c>; flags: 1
/// it was applied, 2 it was compressed. In a checkpoint the lines are compressed: about 11 bytes an update.
/// </remarks>
internal static class ScheduleFormat
{
    private const int Applied = 1;
    private const int Compressed = 2;
    private const int Fields = 8;

    private static ReadOnlySpan<byte> RestartLine => "\"restart\""u8;

    /// <summary>The lines.</summary>
    public static byte[] Encode(TrainingSchedule schedule)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        foreach (var entry in schedule.Entries)
        {
            if (entry is ScheduledUpdate update) Write(json, update);
            else json.WriteRawValue(RestartLine);
            json.Flush();
            bytes.Write("\n"u8);
            json.Reset();
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The schedule of such lines.</summary>
    /// <exception cref="ScheduleException">A line is no entry; the message has its number.</exception>
    public static TrainingSchedule Decode(ReadOnlySpan<byte> bytes)
    {
        var schedule = TrainingSchedule.Empty;
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var line = end < 0 ? bytes : bytes[..end];
            schedule = schedule.With(
                line.SequenceEqual(RestartLine) ? ServerRestarted.Instance : Update(line, schedule.Count + 1));
            bytes = end < 0 ? [] : bytes[(end + 1)..];
        }
        return schedule;
    }

    /// <summary>Compressed, as text for a checkpoint's header.</summary>
    public static string Pack(TrainingSchedule schedule)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encode(schedule));
        return Base64Url.EncodeToString(packed.GetBuffer().AsSpan(0, (int)packed.Length));
    }

    /// <summary>The schedule of such a text.</summary>
    /// <exception cref="RecipeException">It is damaged.</exception>
    public static TrainingSchedule Unpack(string text)
    {
        try
        {
            using var gzip = new GZipStream(
                new MemoryStream(Base64Url.DecodeFromChars(text)), CompressionMode.Decompress);
            using var lines = new MemoryStream();
            gzip.CopyTo(lines);
            return Decode(lines.GetBuffer().AsSpan(0, (int)lines.Length));
        }
        catch (Exception e) when (e is FormatException or InvalidDataException)
        {
            throw new RecipeException($"checkpoint.schedule can't be read: {e.Message}");
        }
    }

    private static void Write(Utf8JsonWriter json, ScheduledUpdate update)
    {
        json.WriteStartArray();
        foreach (var c in update.Contributions)
        {
            json.WriteStartArray();
            json.WriteStringValue(c.Unit.Name);
            json.WriteNumberValue(c.Unit.Incarnation);
            json.WriteNumberValue(c.FirstStep);
            json.WriteNumberValue(c.Version);
            json.WriteNumberValue(c.Node.Level);
            json.WriteNumberValue(c.Node.Index);
            json.WriteNumberValue(c.Steps);
            json.WriteNumberValue((c.IsApplied ? Applied : 0) | (c.IsCompressed ? Compressed : 0));
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    private static ScheduledUpdate Update(ReadOnlySpan<byte> line, int number)
    {
        try
        {
            using var json = JsonDocument.Parse(Encoding.UTF8.GetString(line));
            return new([.. json.RootElement.EnumerateArray().Select(Contribution)]);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new ScheduleException($"schedule: entry {number} is damaged: {e.Message}");
        }
    }

    private static Contribution Contribution(JsonElement json)
    {
        if (json.GetArrayLength() != Fields)
            throw new FormatException($"{json.GetArrayLength()} fields; expected {Fields}.");
        var flags = json[7].GetInt32();
        return new(
            new(json[0].GetString()!, json[1].GetInt32()), json[2].GetInt64(), json[6].GetInt32(), json[3].GetInt64(),
            new(json[4].GetInt32(), json[5].GetInt32()), (flags & Applied) != 0, (flags & Compressed) != 0);
    }
}
