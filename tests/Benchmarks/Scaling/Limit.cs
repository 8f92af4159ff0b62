namespace ActorTrain.Benchmarks.Scaling;

/// <summary>How far a network scales in a scenario, on a network of some speed.</summary>
/// <param name="Hidden">Hidden layers, in words.</param>
/// <param name="Scenario">How the minibatch grows.</param>
/// <param name="Gigabits">Gbit/s of each machine.</param>
/// <param name="EvenNodes">Nodes whose transfer takes as long as computing.</param>
/// <param name="Pays">Doubling the nodes pays up to so many.</param>
/// <param name="Beyond">The first number of nodes that does not pay.</param>
/// <param name="Gains">Images a second by nodes, of those of one process.</param>
/// <param name="Used">What is used of the server and the nodes beyond, the most used first.</param>
internal sealed record Limit(
    string Hidden, Scenario Scenario, int Gigabits, double EvenNodes, int Pays, int Beyond,
    IReadOnlyList<(int Nodes, double Gain)> Gains, IReadOnlyList<(string What, double Share)> Used)
{
    /// <summary>Where most images a second are computed.</summary>
    public (int Nodes, double Gain) Best => Gains.MaxBy(g => g.Gain);

    /// <summary>The first number of nodes past the best that is slower than one process; none: there is none.</summary>
    public int? SlowerFrom =>
        Gains.Where(g => g.Nodes > Best.Nodes && g.Gain < 1).Select(g => (int?)g.Nodes).FirstOrDefault();

    /// <summary>True where even the most nodes pay.</summary>
    public bool IsOpen => Pays == Gains[^1].Nodes;
}
