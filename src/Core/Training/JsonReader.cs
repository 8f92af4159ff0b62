using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>
/// Reads a JSON object key by key; whatever is missing or of another kind is one clear error with its path.
/// </summary>
internal sealed class JsonReader(JsonObject json, string path)
{
    public string Path => path;

    public bool Has(string key) => json.ContainsKey(key);

    public bool IsObject(string key) => json[key] is JsonObject;

    public T Value<T>(string key)
    {
        var node = json[key] ?? throw new RecipeException($"{path}.{key} is missing; give {Kind<T>()}.");
        return node is JsonValue value && value.TryGetValue<T>(out var result)
            ? result
            : throw new RecipeException($"{path}.{key} is {node.ToJsonString()}; give {Kind<T>()}.");
    }

    // Also one that is not finite, as JsonNumber writes it.
    public double Number(string key) => JsonNumber.Read(json[key]) ?? Value<double>(key);

    public T ValueOr<T>(string key, T absent) => Has(key) ? Value<T>(key) : absent;

    public IEnumerable<T> Values<T>(string key) => json[key] is JsonArray array
        ? array.Select((item, i) => item is JsonValue value && value.TryGetValue<T>(out var result)
            ? result
            : throw new RecipeException(
                $"{path}.{key}[{i}] is {item?.ToJsonString() ?? "null"}; give {Kind<T>()}."))
        : throw new RecipeException($"{path}.{key} is missing or no array; give an array.");

    public JsonReader Object(string key) => json[key] is JsonObject child
        ? new(child, $"{path}.{key}")
        : throw new RecipeException($"{path}.{key} is missing or no object; give an object.");

    public IEnumerable<JsonReader> Array(string key) => json[key] is JsonArray array
        ? array.Select((item, i) => item is JsonObject child
            ? new JsonReader(child, $"{path}.{key}[{i}]")
            : throw new RecipeException($"{path}.{key}[{i}] is no object; give an object."))
        : throw new RecipeException($"{path}.{key} is missing or no array; give an array of objects.");

    public T OneOf<T>(string key, params ReadOnlySpan<(string Name, T Value)> allowed)
    {
        var got = Value<string>(key);
        foreach (var (name, value) in allowed)
            if (name == got) return value;
        var names = new List<string>();
        foreach (var (name, _) in allowed) names.Add(name);
        throw new RecipeException(
            $"{path}.{key} is \"{got}\"; give {string.Join(", ", names[..^1])} or {names[^1]}.");
    }

    private static string Kind<T>() => typeof(T) switch
    {
        var t when t == typeof(string) => "a text",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(float) || t == typeof(double) => "a number",
        var t when t == typeof(ulong) => "a whole number from 0",
        _ => "a whole number",
    };
}
