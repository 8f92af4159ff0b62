using System.Collections.Immutable;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>Who holds which range in this incarnation. For one thread.</summary>
/// <param name="ranges">All of them, in order.</param>
internal sealed class HolderRoster(ImmutableArray<ParameterRange> ranges)
{
    private readonly Place?[] _places = new Place?[ranges.Length];

    /// <summary>The ranges.</summary>
    public ImmutableArray<ParameterRange> Ranges => ranges;

    /// <summary>True when every range has a holder that has connected.</summary>
    public bool IsComplete => Array.TrueForAll(_places, p => p?.Way is not null);

    /// <summary>Where all ranges are held, when the roster is complete.</summary>
    public ImmutableArray<HolderAddress> Addresses => [.. _places.Select(p => p!.Address)];

    /// <summary>The ways to all holders, when the roster is complete.</summary>
    public ImmutableArray<HolderWay> Ways => [.. _places.Select(p => p!.Way!)];

    /// <summary>The first range that nobody holds; none: there is none.</summary>
    public int? Free => Array.IndexOf(_places, null) is >= 0 and var index ? index : null;

    /// <summary>A range has somebody who is about to connect.</summary>
    public void Reserve(int index, string name, IActorRef standIn, HolderAddress address) =>
        _places[index] = new(name, standIn, address, Way: null);

    /// <summary>Somebody has connected; who, by its name.</summary>
    public string? Attach(IActorRef standIn, HolderWay way)
    {
        if (IndexOf(standIn) is not { } index) return null;
        _places[index] = _places[index]! with { Way = way };
        return _places[index]!.Name;
    }

    /// <summary>Somebody is gone; who, by its name and its range. None: it holds nothing in this incarnation.</summary>
    public (string Name, ParameterRange Range)? Remove(IActorRef standIn)
    {
        if (IndexOf(standIn) is not { } index) return null;
        var name = _places[index]!.Name;
        _places[index] = null;
        return (name, ranges[index]);
    }

    /// <summary>Nobody holds anything.</summary>
    public void Clear() => Array.Clear(_places);

    private int? IndexOf(IActorRef standIn)
    {
        for (var i = 0; i < _places.Length; i++)
            if (_places[i] is { } place && place.StandIn.Equals(standIn)) return i;
        return null;
    }

    private sealed record Place(string Name, IActorRef StandIn, HolderAddress Address, HolderWay? Way);
}
