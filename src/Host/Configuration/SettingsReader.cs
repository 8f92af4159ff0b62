using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using Microsoft.Extensions.Configuration;

namespace ActorTrain.Host.Configuration;

/// <summary>Reads settings as what they should be; collects one sentence for each that is not.</summary>
internal sealed class SettingsReader(IConfiguration configuration, SettingSection settings)
{
    private readonly IConfigurationSection _section = configuration.GetSection(settings.Name);
    private readonly List<string> _errors = [];

    /// <summary>One sentence for each mistake so far: key, option, value, and what is allowed.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>The text of a setting, or nothing when it is not given.</summary>
    public string? Text(string key) => _section[key];

    /// <summary>Where something is written to.</summary>
    public string? Path(string key)
    {
        if (Text(key) is not { } text) return null;
        if (text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal)) return text;
        Refuse(key, "a path, or leave it out");
        return null;
    }

    /// <summary>A whole number in a range.</summary>
    public T? Whole<T>(string key, T least, T most) where T : struct, IBinaryInteger<T> =>
        Parse(key, $"a whole number from {least} to {most}", text =>
            T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && value >= least && value <= most
                ? value
                : (T?)null);

    /// <summary>A number that a rule allows.</summary>
    public float? Number(string key, string allowed, Func<float, bool> isAllowed) => Parse(key, allowed, text =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && isAllowed(value)
            ? value
            : (float?)null);

    /// <summary>Some numbers with commas between them that a rule allows; any number of them without a count.</summary>
    public IReadOnlyList<float>? Numbers(string key, int? count, string allowed, Func<float, bool> isAllowed)
    {
        if (Text(key) is not { } text) return null;
        var numbers = text.Split(',', StringSplitOptions.TrimEntries).Select(part =>
            float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                ? value
                : float.NaN).ToList();
        if ((count is null || numbers.Count == count) && numbers.All(isAllowed)) return numbers;
        Refuse(key, allowed);
        return null;
    }

    /// <summary>Yes or no.</summary>
    public bool? Flag(string key) =>
        Parse(key, "true or false", text => bool.TryParse(text, out var value) ? value : (bool?)null);

    /// <summary>One of some words.</summary>
    public string? Word(string key, params string[] allowed)
    {
        var text = Text(key);
        if (text is null || allowed.Contains(text, StringComparer.Ordinal)) return text;
        Refuse(key, string.Join(", ", allowed));
        return null;
    }

    /// <summary>How a text is read that names a value; false when it names none.</summary>
    public delegate bool TryParse<T>(string text, [NotNullWhen(true)] out T? value) where T : class;

    /// <summary>A value that a text names.</summary>
    public T? Parsed<T>(string key, string allowed, TryParse<T> parse) where T : class
    {
        if (Text(key) is not { } text) return null;
        if (!parse(text, out var value)) Refuse(key, allowed);
        return value;
    }

    /// <summary>Whole numbers with commas between them, or <c>none</c>.</summary>
    public IReadOnlyList<int>? Sizes(string key)
    {
        if (Text(key) is not { } text) return null;
        if (text is "none" or "") return [];
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var sizes = parts.Select(p =>
            int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0).ToList();
        if (sizes.All(s => s is >= 1 and <= 1_000_000)) return sizes;
        Refuse(key, "sizes from 1 to 1000000 with commas between them, for example 128,64, or none");
        return null;
    }

    /// <summary>Notes that a setting's value is not allowed.</summary>
    public void Refuse(string key, string allowed)
    {
        var option = settings.Settings.First(s => s.Key == key).Option;
        _errors.Add($"{settings.Name}:{key} ({option}) is '{Text(key)}'; give {allowed}.");
    }

    /// <summary>Notes each key that no setting has, and each value that is a list or an object.</summary>
    public void RefuseUnknown()
    {
        if (_section.Value is { } text)
            _errors.Add($"{settings.Name} is '{text}'; give an object with settings: "
                + $"{{\"{settings.Name}\": {{\"{settings.Settings[0].Key}\": …}}}}.");
        foreach (var child in _section.GetChildren())
        {
            var setting = settings.Settings.FirstOrDefault(
                s => s.Key.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (setting is null)
                _errors.Add($"{settings.Name}:{child.Key} is no setting; there are "
                    + $"{string.Join(", ", settings.Settings.Select(s => s.Key))}.");
            else if (child.GetChildren().ToList() is { Count: > 0 } parts)
                _errors.Add($"{settings.Name}:{setting.Key} ({setting.Option}) is {InsteadOfOne(parts)}.");
        }
    }

    // A list is an object with the keys 0, 1, …
    private static string InsteadOfOne(List<IConfigurationSection> parts) =>
        parts.All(part => part.Value is not null && int.TryParse(part.Key, out _))
            ? $"a list; give one text: \"{string.Join(',', parts.Select(part => part.Value))}\""
            : $"an object with {string.Join(", ", parts.Select(part => part.Key))}; give one value";

    private T? Parse<T>(string key, string allowed, Func<string, T?> parse) where T : struct
    {
        if (Text(key) is not { } text) return null;
        var value = parse(text);
        if (value is null) Refuse(key, allowed);
        return value;
    }
}
