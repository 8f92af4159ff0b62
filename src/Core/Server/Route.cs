namespace ActorTrain.Server;

/// <summary>Whom a worker node takes part through.</summary>
public enum Way
{
    /// <summary>Nobody yet: its aggregator may come back.</summary>
    None,

    /// <summary>Its aggregator.</summary>
    Aggregator,

    /// <summary>The server itself.</summary>
    Server,
}

/// <summary>
/// The way of a worker node that belongs to an aggregator: through it while it is there; when it has been away for some
/// time, to the server itself, so that the node's cores are not idle; and back as soon as it is back. Pure.
/// </summary>
/// <param name="IsThere">True while the aggregator is up and answers.</param>
/// <param name="Since">Since when it is there, or is not.</param>
public readonly record struct Route(bool IsThere, TimeSpan Since)
{
    /// <summary>How long an aggregator may be away: as long as it takes to start one again.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The way at a moment.</summary>
    public Way At(TimeSpan now) => IsThere ? Way.Aggregator : now - Since >= Patience ? Way.Server : Way.None;

    /// <summary>What is seen of the aggregator now.</summary>
    public Route See(bool isThere, TimeSpan now) => isThere == IsThere ? this : new(isThere, now);
}
