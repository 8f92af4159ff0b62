using System.Collections.Immutable;
using System.Reflection;

namespace ActorTrain;

/// <summary>
/// Layers of your own by the names that model files give them. Immutable, and handed to whoever reads a model: there is
/// no list for all.
/// </summary>
public sealed class LayerRegistry
{
    private readonly ImmutableSortedDictionary<string, (Type Type, Func<LayerSettings, Layer> Read)> _layers;

    private LayerRegistry(ImmutableSortedDictionary<string, (Type, Func<LayerSettings, Layer>)> layers) =>
        _layers = layers;

    /// <summary>None.</summary>
    public static LayerRegistry Empty { get; } =
        new(ImmutableSortedDictionary.Create<string, (Type, Func<LayerSettings, Layer>)>(StringComparer.Ordinal));

    /// <summary>Their names, in order.</summary>
    public IEnumerable<string> Names => _layers.Keys;

    /// <summary>The same with one layer more.</summary>
    /// <typeparam name="TLayer">The layer.</typeparam>
    /// <exception cref="ArgumentException">Another layer, or a built-in one, has its name.</exception>
    public LayerRegistry With<TLayer>() where TLayer : Layer, INamedLayer<TLayer>
    {
        var name = TLayer.Name;
        if (string.IsNullOrWhiteSpace(name) || ModelJson.BuiltIn.Contains(name))
            throw new ArgumentException(
                $"{typeof(TLayer)} is named '{name}', as no layer or a built-in one is; give it a name of its own.");
        if (!_layers.TryGetValue(name, out var other)) return new(_layers.Add(name, (typeof(TLayer), TLayer.Read)));
        return other.Type == typeof(TLayer)
            ? this
            : throw new ArgumentException(
                $"{typeof(TLayer)} and {other.Type} are both named '{name}'; give each a name of its own.");
    }

    /// <summary>The same with all layers of an assembly that are named.</summary>
    /// <exception cref="ArgumentException">There are none, or a name is taken.</exception>
    public LayerRegistry With(Assembly assembly)
    {
        Type[] found = [.. assembly.GetTypes().Where(IsNamed).OrderBy(type => type.FullName, StringComparer.Ordinal)];
        return found.Length > 0
            ? found.Aggregate(this, (layers, type) => layers.With(type))
            : throw new ArgumentException(
                "there is no layer in it; make one a record of Layer that is an INamedLayer<…> of itself.");
    }

    /// <summary>The layer of this name; none when there is none.</summary>
    internal Layer? Read(string name, JsonReader json)
    {
        if (!_layers.TryGetValue(name, out var own)) return null;
        var layer = own.Read(new(json));
        // What it writes can be read, whatever it asks for.
        foreach (var (key, _) in ((INamedLayer)layer).Settings) json.Know(key);
        return layer;
    }

    private static bool IsNamed(Type type) => !type.IsAbstract && type.IsSubclassOf(typeof(Layer))
        && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(INamedLayer<>)
            && i.GenericTypeArguments[0] == type);

    // A type that is known at run time only.
    private LayerRegistry With(Type type) => (LayerRegistry)typeof(LayerRegistry)
        .GetMethod(nameof(With), genericParameterCount: 1, Type.EmptyTypes)!.MakeGenericMethod(type)
        .Invoke(this, BindingFlags.DoNotWrapExceptions, binder: null, parameters: null, culture: null)!;
}
