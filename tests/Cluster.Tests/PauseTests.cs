using System.Globalization;
using System.Text.Json;

namespace ActorTrain.Cluster.Tests;

/// <summary>
/// How long the others wait when a node joins or leaves in mid-epoch: told, not asserted. The joining node has a core
/// of its own, as on another machine: on theirs, its start takes the others' time, whatever the server does.
/// </summary>
[Collection(Undisturbed.Name)]
public class PauseTests
{
    private const int Rounds = 3;

    // Of 63 steps each: a join or a farewell is in one of them, and what follows from it is in the same or the next.
    private const int Window = 2;

    [Fact]
    public async Task Joining_and_leaving_are_told_with_the_longest_step_around_them()
    {
        using var cluster = new TestCluster();
        var (others, own) = Environment.ProcessorCount > 1 ? (OnCore(0), OnCore(1)) : ("exec", "exec");
        var server = cluster.TrainBy(others, workers: 1, shards: 1, "--batch-size", "32", "--hidden", "512,256");
        cluster.WorkerBy(others, "a");
        await cluster.Line(server, "epoch 20/");
        for (var round = 0; round < Rounds; round++)
        {
            var started = NodeProcess.Now;
            await cluster.Epochs([server], 10);
            var joining = cluster.WorkerBy(own, "b");
            var joined = await cluster.Line(server, "node b joined at step ", started);
            await cluster.Epochs([server], 10);
            joining.Signal("TERM");
            await cluster.Line(server, "node b lost at step ", joined.At);
            await cluster.Epochs([server], Window);
            Assert.Equal(0, (await joining.End()).ExitCode);
        }
        server.Signal("INT");
        Assert.Equal(0, (await server.End()).ExitCode);

        var events = File.ReadAllLines(cluster.In("run", "events.jsonl"))
            .Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var quiet = Quiet(events).ToList();
        var step = quiet.Select(e => e.GetProperty("trainSeconds").GetDouble() / 63).Order().ElementAt(quiet.Count / 2);
        Measured.Tell(
            string.Create(CultureInfo.InvariantCulture, $"a step takes {1e3 * step:F1} ms; ")
            + $"the longest of {Window} epochs' steps: {Text("quiet", quiet.Chunk(Window).Select(Longest))}, "
            + $"{Text("around a join", Around(events, "NodeJoined"))}, "
            + $"{Text("around a farewell", Around(events, "NodeLost"))}");
    }

    private static string OnCore(int core) =>
        string.Create(CultureInfo.InvariantCulture, $"exec taskset --cpu-list {core}");

    // Epochs in which no process starts, joins or ends: before the first start of b, and in the middle of its stays.
    private static IEnumerable<JsonElement> Quiet(List<JsonElement> events)
    {
        var epochs = events.TakeWhile(e => !IsOfB(e, "NodeJoined")).Where(IsEpoch).Skip(10).Take(16);
        return Enumerable.Range(0, events.Count).Where(i => IsOfB(events[i], "NodeJoined"))
            .Aggregate(epochs, (all, i) => all.Concat(events[i..].Where(IsEpoch).Skip(Window).Take(3 * Window)));
    }

    private static IEnumerable<double> Around(List<JsonElement> events, string kind) =>
        Enumerable.Range(0, events.Count).Where(i => IsOfB(events[i], kind))
            .Select(i => Longest(events[i..].Where(IsEpoch).Take(Window)));

    private static bool IsEpoch(JsonElement e) => e.GetProperty("event").GetString() == "EpochDone";

    private static bool IsOfB(JsonElement e, string kind) =>
        e.GetProperty("event").GetString() == kind && e.GetProperty("node").GetString() == "b";

    private static double Longest(IEnumerable<JsonElement> epochs) =>
        epochs.Max(e => e.GetProperty("longestStepSeconds").GetDouble());

    private static string Text(string what, IEnumerable<double> seconds)
    {
        var sorted = seconds.Order().ToList();
        return string.Create(CultureInfo.InvariantCulture,
            $"{what} {1e3 * sorted[sorted.Count / 2]:F0} ms ({1e3 * sorted[0]:F0} to {1e3 * sorted[^1]:F0})");
    }
}
