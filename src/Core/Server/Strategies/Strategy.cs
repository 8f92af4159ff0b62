using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ActorTrain.Server;

namespace ActorTrain;

/// <summary>
/// How consistent the parameters are that units compute from: a closed set of pure policies, part of the recipe. In all
/// of them every minibatch of an epoch is applied exactly once, and the end of an epoch is a barrier: whatever was
/// handed out is applied before anything is evaluated, written or handed out again.
/// </summary>
public abstract record Strategy
{
    /// <summary>What <see cref="TryParse"/> reads, for messages.</summary>
    public const string Allowed =
        "sync, ssp:BOUND (a staleness from 0 to 1000000), async, or local:STEPS (from 1 to 1000000)";

    private protected const int Most = 1_000_000;

    private protected Strategy()
    {
    }

    /// <summary>The strategy that a text names: <c>sync</c>, <c>ssp:3</c>, <c>async</c>, <c>local:8</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Strategy? strategy)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var number = -1;
        if (colon >= 0
            && !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number))
            number = -1;
        strategy = (colon < 0 ? text : text[..colon], number) switch
        {
            ("sync", _) when colon < 0 => new Synchronous(),
            ("async", _) when colon < 0 => new Asynchronous(),
            ("ssp", >= 0 and <= Most) => new StaleSynchronous(number),
            ("local", >= 1 and <= Most) => new LocalSgd(number),
            _ => null,
        };
        return strategy is not null;
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public sealed override string ToString() => this switch
    {
        Synchronous => "sync",
        StaleSynchronous s => $"ssp:{s.Bound}",
        Asynchronous => "async",
        LocalSgd s => $"local:{s.Steps}",
        _ => throw new System.Diagnostics.UnreachableException(
            $"Strategy.ToString has no arm for {GetType().Name}; add one."),
    };

    /// <summary>Begins with the next minibatches; the run stands at a barrier.</summary>
    internal abstract Transition Begin(
        ServerState state, IReadOnlyList<ServerEffect> before, TimeSpan now, VectorPool pool);
}
