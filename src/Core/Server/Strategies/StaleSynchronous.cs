using ActorTrain.Server;

namespace ActorTrain;

/// <summary>
/// As <see cref="Asynchronous"/>, but no gradient is ever applied with a staleness (server version − its own) above a
/// bound. Nothing is rejected: work is not handed out as long as it could make some gradient too stale. Bound 0 has the
/// bits of <see cref="Synchronous"/>. Source: Ho et al. 2013, "More Effective Distributed ML via a Stale Synchronous
/// Parallel Parameter Server", §3; there a clock counts each worker's rounds, here the version counts updates.
/// </summary>
/// <param name="Bound">The largest staleness, 0 … 1 000 000.</param>
public sealed record StaleSynchronous(int Bound) : Strategy
{
    /// <summary>The largest staleness, 0 … 1 000 000.</summary>
    public int Bound { get; } = Bound is >= 0 and <= Most
        ? Bound
        : throw new ArgumentOutOfRangeException(
            nameof(Bound), Bound, $"StaleSynchronous: the bound is {Bound}; give 0 to {Most}.");

    internal override Transition Begin(
        ServerState state, IReadOnlyList<ServerEffect> before, TimeSpan now, VectorPool pool) =>
        Flows.Begin(state, before, now);

    /// <summary>
    /// True when one more minibatch may be handed out. All that are open may be applied before the oldest of them, so
    /// the version may reach (version + open, the new one included, − 1) when it comes last. An arrival raises the
    /// version and lowers the number of open ones, so what is true here stays true until the next one is handed out.
    /// </summary>
    /// <param name="version">Of the server, which the new one is computed from.</param>
    /// <param name="open">Handed out and not applied.</param>
    internal bool MayHandOut(long version, ReadOnlySpan<GradientOrder> open)
    {
        var oldest = version;
        foreach (var order in open) oldest = Math.Min(oldest, order.Key.Version);
        return version + open.Length - oldest <= Bound;
    }
}
