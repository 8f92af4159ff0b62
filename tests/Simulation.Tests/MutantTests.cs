namespace ActorTrain.Simulation.Tests;

/// <summary>The simulation finds each of these planted bugs; where it does not, it is no test.</summary>
[Collection("Simulation")]
public class MutantTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, Func<Rules>> Mutants = new()
    {
        ["counts twice"] = () => new CountsTwice(),
        ["swaps nodes"] = () => new SwapsNodes(),
        ["computes the node beside"] = () => new ComputesTheNodeBeside(),
        ["forgets lost work"] = () => new ForgetsLostWork(),
        ["ignores failures"] = () => new IgnoresFailures(),
        ["ignores fencing"] = () => new IgnoresFencing(),
        ["works for an older server"] = () => new WorksForAnOlderServer(),
        ["takes an older hello"] = () => new TakesAnOlderHello(),
        ["forgets the part of a dead shard"] = () => new ForgetsThePartOfADeadShard(),
        ["reuses memory too early"] = () => new ReusesMemoryTooEarly(),
        ["trusts checkpoints too early"] = () => new TrustsCheckpointsTooEarly(),
        ["ignores the bound"] = () => new IgnoresTheBound(),
        ["counts late local steps"] = () => new CountsLateLocalSteps(),
        ["applies a minibatch for another"] = () => new AppliesAMinibatchForAnother(),
        ["loses a schedule entry"] = () => new LosesAScheduleEntry(),
        ["stops between barriers"] = () => new StopsBetweenBarriers(),
        ["keeps a broken node"] = () => new KeepsABrokenNode(),
        ["forgets the part of a lost member"] = () => new ForgetsThePartOfALostMember(),
        ["sums another version"] = () => new SumsAnotherVersion(),
        ["sums the first part twice"] = () => new SumsTheFirstPartTwice(),
        ["sums for an older server"] = () => new SumsForAnOlderServer(),
    };

    public static TheoryData<string> Names => [.. Mutants.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_planted_bug_is_found(string mutant)
    {
        const int Most = 20_000;
        var simulator = new Simulator(Mutants[mutant]());
        for (var seed = 1; seed <= Most; seed++)
        {
            if (simulator.Run(seed) is not { } what) continue;
            output.WriteLine($"'{mutant}' is found by schedule {seed}: {what}");
            return;
        }
        Assert.Fail($"'{mutant}' went through {Most} schedules.");
    }
}
