using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorTrain.Schedules;

/// <summary>A schedule with what it is a schedule of: all that a replay needs besides the data.</summary>
/// <remarks>
/// UTF-8 JSON lines. The first is an object: format, version, recipe, the data's name and SHA-256, how many entries
/// follow, and the SHA-256 of their bytes. The others are <see cref="ScheduleFormat"/>'s.
/// </remarks>
/// <param name="Recipe">Of the run.</param>
/// <param name="DataName">Of the data, for people.</param>
/// <param name="DataSha256">Of the data's contents.</param>
/// <param name="Schedule">What happened.</param>
public sealed record ScheduleFile(Recipe Recipe, string DataName, string DataSha256, TrainingSchedule Schedule)
{
    private const string Format = "actortrain-schedule";
    private const int Version = 1;

    /// <summary>The bytes of the file.</summary>
    public byte[] Encode()
    {
        var entries = ScheduleFormat.Encode(Schedule);
        var header = new JsonObject
        {
            ["format"] = Format,
            ["version"] = Version,
            ["recipe"] = JsonNode.Parse(RecipeJson.Write(Recipe)),
            ["data"] = new JsonObject { ["name"] = DataName, ["sha256"] = DataSha256 },
            ["entries"] = Schedule.Count,
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(entries)),
        };
        return [.. Encoding.UTF8.GetBytes(header.ToJsonString()), (byte)'\n', .. entries];
    }

    /// <summary>The schedule of a file's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Names the file in errors.</param>
    /// <param name="layers">Layers of your own that its model may have; none: the built-in ones only.</param>
    /// <exception cref="ScheduleException">It is no schedule, of a newer version, truncated or damaged.</exception>
    public static ScheduleFile Decode(ReadOnlySpan<byte> bytes, string file, LayerRegistry? layers = null)
    {
        var end = bytes.IndexOf((byte)'\n');
        try
        {
            var json = RecipeJson.Parse(Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]));
            var header = new JsonReader(json, "schedule");
            if (!header.Has("format") || header.Value<string>("format") != Format)
                throw new ScheduleException($"{file}: no schedule of a training run.");
            if (header.Value<int>("version") is > Version and var newer)
                throw new ScheduleException(
                    $"{file}: format version {newer} is newer than {Version}, the newest that this program reads; use "
                    + "a newer ActorTrain.");
            header.Object("recipe");
            var data = header.Object("data");
            var recipe = RecipeJson.Read(json["recipe"]!.ToJsonString(), layers);
            var entries = end < 0 ? [] : bytes[(end + 1)..];
            if (Convert.ToHexStringLower(SHA256.HashData(entries)) != header.Value<string>("sha256"))
                throw new ScheduleException($"{file}: truncated or damaged: its SHA-256 does not match its entries.");
            var schedule = ScheduleFormat.Decode(entries);
            return schedule.Count == header.Value<int>("entries")
                ? new(recipe, data.Value<string>("name"), data.Value<string>("sha256"), schedule)
                : throw new ScheduleException(
                    $"{file}: damaged: {schedule.Count} entries where it says {header.Value<int>("entries")}.");
        }
        catch (Exception e) when (e is RecipeException or ArgumentException)
        {
            throw new ScheduleException($"{file}: no schedule of a training run: {e.Message}");
        }
    }
}
