using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>
/// Reads a JSON object key by key; whatever is missing or of another kind is one clear error with its path. What it was
/// asked for are the keys that the object may have: <see cref="Whole"/> refuses others.
/// </summary>
internal sealed class JsonReader(JsonObject json, string path)
{
    private readonly List<string> _known = [];

    public string Path => path;

    public bool Has(string key)
    {
        Know(key);
        return json.ContainsKey(key);
    }

    public bool IsObject(string key) => Node(key) is JsonObject;

    public T Value<T>(string key)
    {
        var node = Node(key) ?? throw new RecipeException($"{path}.{key} is missing; give {Kind<T>()}.");
        return node is JsonValue value && value.TryGetValue<T>(out var result)
            ? result
            : throw new RecipeException($"{path}.{key} is {node.ToJsonString()}; give {Kind<T>()}.");
    }

    // Also one that is not finite, as JsonNumber writes it.
    public double Number(string key) => JsonNumber.Read(json[key]) ?? Value<double>(key);

    public T ValueOr<T>(string key, T absent) => Has(key) ? Value<T>(key) : absent;

    public IEnumerable<T> Values<T>(string key) => Node(key) is JsonArray array
        ? array.Select((item, i) => item is JsonValue value && value.TryGetValue<T>(out var result)
            ? result
            : throw new RecipeException(
                $"{path}.{key}[{i}] is {item?.ToJsonString() ?? "null"}; give {Kind<T>()}."))
        : throw new RecipeException($"{path}.{key} is missing or no array; give an array.");

    /// <summary>An object that may have keys that are not asked for.</summary>
    public JsonReader Object(string key) => Node(key) is JsonObject child
        ? new(child, $"{path}.{key}")
        : throw new RecipeException($"{path}.{key} is missing or no object; give an object.");

    /// <summary>What an object says that may have no keys that <paramref name="read"/> does not ask for.</summary>
    public T Object<T>(string key, Func<JsonReader, T> read) => Object(key).Whole(read);

    /// <summary>Objects that may have keys that are not asked for.</summary>
    public IEnumerable<JsonReader> Array(string key) => Node(key) is JsonArray array
        ? array.Select((item, i) => item is JsonObject child
            ? new JsonReader(child, $"{path}.{key}[{i}]")
            : throw new RecipeException($"{path}.{key}[{i}] is no object; give an object."))
        : throw new RecipeException($"{path}.{key} is missing or no array; give an array of objects.");

    /// <summary>What objects say that may have no keys that <paramref name="read"/> does not ask for.</summary>
    public IEnumerable<T> Array<T>(string key, Func<JsonReader, T> read) => Array(key).Select(item => item.Whole(read));

    /// <summary>The object may have this key, asked for or not.</summary>
    public void Know(string key)
    {
        if (!_known.Contains(key)) _known.Add(key);
    }

    /// <summary>What the object says; a key that was not asked for until then is one clear error.</summary>
    public T Whole<T>(Func<JsonReader, T> read)
    {
        var result = read(this);
        foreach (var (key, _) in json)
            if (!_known.Contains(key))
                throw new RecipeException(_known is [var only]
                    ? $"{path}.{key} is no key; there is {only}."
                    : $"{path}.{key} is no key; there are {string.Join(", ", _known[..^1])} and {_known[^1]}.");
        return result;
    }

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

    private JsonNode? Node(string key)
    {
        Know(key);
        return json[key];
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
