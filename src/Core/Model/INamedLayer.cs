using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>A layer of your own as model files, recipes and checkpoints say it; see the other interface.</summary>
public interface INamedLayer
{
    /// <summary>What stands as its <c>type</c>.</summary>
    string TypeName { get; }

    /// <summary>What stands beside it: all that <c>Read</c> needs to make an equal layer.</summary>
    JsonObject Settings { get; }
}

/// <summary>
/// What makes a layer of your own first-class: a name, and a way to and from JSON. A <see cref="LayerRegistry"/> finds
/// it by that name.
/// </summary>
/// <typeparam name="TSelf">The layer itself.</typeparam>
public interface INamedLayer<TSelf> : INamedLayer where TSelf : Layer, INamedLayer<TSelf>
{
    /// <summary>What stands as its <c>type</c>; none of the built-in layers'. Others find theirs by it too, so
    /// <c>Acme.Wave</c> is better than <c>Wave</c>.</summary>
    static abstract string Name { get; }

    /// <summary>
    /// The layer of its settings. One that is neither asked for here nor among the layer's <c>Settings</c> is refused
    /// in files: a layer asks for what its older versions wrote as long as it reads them.
    /// </summary>
    /// <exception cref="RecipeException">A setting is missing or of another kind.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting has a value that is not allowed.</exception>
    static abstract TSelf Read(LayerSettings settings);

#pragma warning disable CA1033 // the same as Name, for those who do not know the type
    /// <inheritdoc/>
    string INamedLayer.TypeName => TSelf.Name;
#pragma warning restore CA1033
}

/// <summary>The settings of a layer in a model file.</summary>
public readonly struct LayerSettings
{
    private readonly JsonReader _json;

    internal LayerSettings(JsonReader json) => _json = json;

    /// <summary>One that must be there.</summary>
    /// <typeparam name="T">A text, a whole number, a number, or true or false.</typeparam>
    /// <exception cref="RecipeException">It is missing or of another kind; the message says where.</exception>
    public T Value<T>(string key) => _json.Value<T>(key);

    /// <summary>One that may be left out.</summary>
    /// <inheritdoc cref="Value"/>
    public T ValueOr<T>(string key, T absent) => _json.ValueOr(key, absent);
}
