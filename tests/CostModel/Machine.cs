namespace ActorTrain.CostModel;

/// <summary>A machine: its cores, and both directions of its network.</summary>
internal sealed class Machine(VirtualTime time, Costs costs)
{
    /// <summary>Shared by all threads of all its processes.</summary>
    public RunQueue Cores { get; } = new(time, costs.Cores, costs.SpeedOfEach);

    /// <summary>Bytes that leave it.</summary>
    public FairShare Out { get; } = new(time, flows => costs.Bandwidth / flows);

    /// <summary>Bytes that come to it.</summary>
    public FairShare In { get; } = new(time, flows => costs.Bandwidth / flows);
}
