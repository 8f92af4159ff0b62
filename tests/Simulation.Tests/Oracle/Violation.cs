namespace ActorTrain.Simulation.Tests.Oracle;

/// <summary>Something that must always hold does not.</summary>
internal sealed class Violation(string what) : Exception(what);
