using System.Text;
using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Server;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Schedules;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Schedules;

public class ScheduleTests
{
    private static readonly Recipe Recipe = Tiny.Recipe with { Strategy = new Asynchronous(), MaxSteps = 3 };

    private const string Hash = "c0180948614b5698b62dfc5cf49f2b6018f2a33334782d36c19b46ed45f13b4d";

    // Files of runs hold this text: every later version must read it.
    private const string Golden =
        """
        {"format":"actortrain-schedule","version":1,"recipe":RECIPE,"data":DATA,"entries":4,"sha256":"HASH"}
        [["shard-1",0,0,0,2,0,1,1]]
        [["shard-2",0,1,0,2,0,1,1]]
        "restart"
        [["node \u00E4",3,2,1,2,0,1,2],["shard-1",1,2,2,2,0,1,3]]

        """;

    private static TrainingSchedule Schedule { get; } = TrainingSchedule.Empty
        .With(Update(new Contribution(new("shard-1", 0), 0, 1, 0, new(2, 0), IsApplied: true, IsCompressed: false)))
        .With(Update(new Contribution(new("shard-2", 0), 1, 1, 0, new(2, 0), IsApplied: true, IsCompressed: false)))
        .With(ServerRestarted.Instance)
        .With(Update(
            new Contribution(new("node ä", 3), 2, 1, 1, new(2, 0), IsApplied: false, IsCompressed: true),
            new Contribution(new("shard-1", 1), 2, 1, 2, new(2, 0), IsApplied: true, IsCompressed: true)));

    [Fact]
    public void The_text_of_a_file_is_fixed()
    {
        var golden = Golden.Replace("RECIPE", RecipeJson.Write(Recipe), StringComparison.Ordinal)
            .Replace("DATA", $$"""{"name":"tiny","sha256":"{{Tiny.Data.Sha256}}"}""", StringComparison.Ordinal)
            .Replace("HASH", Hash, StringComparison.Ordinal);
        Assert.Equal(
            golden, Encoding.UTF8.GetString(new ScheduleFile(Recipe, "tiny", Tiny.Data.Sha256, Schedule).Encode()),
            ignoreLineEndingDifferences: true);
        var read = ScheduleFile.Decode(Encoding.UTF8.GetBytes(golden), "file");
        Assert.Equal((Recipe, "tiny", Tiny.Data.Sha256), (read.Recipe, read.DataName, read.DataSha256));
        Assert.Equal<ScheduleEntry>(Schedule.Entries, read.Schedule.Entries);
    }

    [Fact]
    public void A_checkpoint_keeps_the_schedule()
    {
        var state = TrainingState.Initial(Recipe) with { Schedule = Schedule };
        var bytes = new TrainingCheckpoint(Recipe, Tiny.Data.Description, state).Encode();
        Assert.Equal<ScheduleEntry>(
            Schedule.Entries,
            TrainingCheckpoint.Decode(CheckpointFormat.Decode(bytes, "file")).State.Schedule!.Entries);
        var without =
            new TrainingCheckpoint(Tiny.Recipe, Tiny.Data.Description, TrainingState.Initial(Tiny.Recipe)).Encode();
        Assert.Null(TrainingCheckpoint.Decode(CheckpointFormat.Decode(without, "file")).State.Schedule);
    }

    [Theory]
    [InlineData("shard-2", "shard-3", "file: truncated or damaged: its SHA-256 does not match its entries.")]
    [InlineData("\"restart\"\n", "", "file: truncated or damaged: its SHA-256 does not match its entries.")]
    [InlineData("\"entries\":4", "\"entries\":5", "file: damaged: 4 entries where it says 5.")]
    [InlineData(
        "\"version\":1", "\"version\":2",
        "file: format version 2 is newer than 1, the newest that this program reads; use a newer ActorTrain.")]
    [InlineData("\"async\"", "\"assync\"", "file: no schedule of a training run: recipe.strategy is \"assync\"; give "
        + "sync, ssp:BOUND (a staleness from 0 to 1000000), async, or local:STEPS (from 1 to 1000000).")]
    [InlineData("actortrain-schedule", "schedule", "file: no schedule of a training run.")]
    public void A_damaged_file_is_refused_with_what_is_wrong(string part, string instead, string message)
    {
        var text = Encoding.UTF8.GetString(new ScheduleFile(Recipe, "tiny", Tiny.Data.Sha256, Schedule).Encode());
        Assert.Contains(part, text, StringComparison.Ordinal);
        var damaged = Encoding.UTF8.GetBytes(text.Replace(part, instead, StringComparison.Ordinal));
        Assert.Equal(message, Assert.Throws<ScheduleException>(() => ScheduleFile.Decode(damaged, "file")).Message);
    }

    [Fact]
    public void Something_else_is_no_schedule()
    {
        Assert.StartsWith(
            "file: no schedule of a training run: Not JSON: ",
            Assert.Throws<ScheduleException>(() => ScheduleFile.Decode([1, 2, 3], "file")).Message,
            StringComparison.Ordinal);
        Assert.Throws<ScheduleException>(() => ScheduleFile.Decode([], "file"));
    }

    public static TheoryData<string, Contribution[]> Impossible => new()
    {
        { "there is no minibatch 3", [Gradient(step: 3)] },
        { "there is no minibatch -1", [Gradient(step: -1)] },
        { "there is no version 1 at this moment", [Gradient() with { Version = 1 }] },
        { "minibatch 0 has no node 2:1", [Gradient() with { Node = new(2, 1) }] },
        { "TreeSum: no node covers leaf 2. (Parameter 'nodes')", [Gradient() with { Node = new(1, 0) }] },
        { "several minibatches are applied at once", [Gradient(), Gradient(step: 1)] },
        { "nothing is applied", [Gradient() with { IsApplied = false }] },
        { "nothing is applied", [] },
    };

    [Theory, MemberData(nameof(Impossible))]
    public void A_schedule_that_can_not_be_what_happened_is_refused(string what, Contribution[] contributions) =>
        Assert.Equal(
        $"schedule: entry 1 is damaged or of another run: {what}.",
        Assert.Throws<ScheduleException>(() => Replay(TrainingSchedule.Empty.With(Update(contributions)))).Message);

    [Fact]
    public void A_minibatch_that_is_applied_twice_is_refused() => Assert.Equal(
        "schedule: entry 2 is damaged or of another run: minibatch 0 is applied twice, or not in its epoch.",
        Assert.Throws<ScheduleException>(() =>
            Replay(TrainingSchedule.Empty.With(Update(Gradient())).With(Update(Gradient())))).Message);

    [Fact]
    public void A_synchronous_run_without_compression_records_nothing()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        server.AnswerUntil<EndRun>();
        Assert.Null(server.State.Training.Schedule);
        Assert.Empty(server.State.Contributions);
    }

    [Fact]
    public void A_schedule_of_a_part_of_a_run_replays_to_where_it_ends()
    {
        var server = TestServer.With(2, Recipe, Tiny.Data);
        server.AnswerOldest();
        var result = Replay(server.State.Training.Schedule!);
        Assert.Equal((server.Weights, new Position(0, 1)), (result.State.Parameters.Sha256(), result.State.Position));
    }

    private static TrainingResult Replay(TrainingSchedule schedule) =>
        ScheduleReplayer.Replay(Recipe, Tiny.Data, schedule, cancellation: TestContext.Current.CancellationToken);

    private static Contribution Gradient(long step = 0) =>
        new(new("shard-1", 0), step, 1, 0, new(2, 0), IsApplied: true, IsCompressed: false);

    private static ScheduledUpdate Update(params Contribution[] contributions) => new([.. contributions]);
}
