using ActorTrain.Core.Tests.Server;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Schedules;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Training;

/// <summary>Runs that begin with parameters which their recipe only names.</summary>
public class InitialParametersTests
{
    private static readonly FlatVector Given = TrainingState.Initial(Tiny.Recipe with { Seed = 99 }).Parameters;

    private static readonly Recipe Recipe = Tiny.Recipe with { InitialSha256 = Given.Sha256() };

    [Fact]
    public void A_run_begins_with_them_and_leaves_them_as_they_are()
    {
        var hash = Given.Sha256();
        var state = TrainingState.Initial(Recipe, Given);
        Assert.Equal(hash, state.Parameters.Sha256());
        var trained = Train(state).State.Parameters.Sha256();
        Assert.Equal(hash, Given.Sha256());
        Assert.NotEqual(Trainer.Train(
            Tiny.Recipe, Tiny.Data, cancellation: TestContext.Current.CancellationToken).State.Parameters.Sha256(),
            trained);
        Assert.Equal(trained, Train(TrainingState.Initial(Recipe, Given)).State.Parameters.Sha256());
    }

    [Theory, InlineData(1), InlineData(3)]
    public void Any_number_of_shards_ends_with_the_same_state(int shards)
    {
        var server = TestServer.With(shards, Recipe, Tiny.Data, TrainingState.Initial(Recipe, Given));
        server.AnswerUntil<EndRun>();
        ServerAssert.AssertTrained(Train(TrainingState.Initial(Recipe, Given)), server);
    }

    [Fact]
    public void They_are_part_of_what_names_a_run()
    {
        Assert.Equal(Recipe, RecipeJson.Read(RecipeJson.Write(Recipe)));
        Assert.NotEqual(Tiny.Recipe.Sha256("data"), Recipe.Sha256("data"));
        Assert.Equal(
            ["initialSha256 is 12; give 64 hexadecimal digits in lower case."],
            (Recipe with { InitialSha256 = "12" }).Errors());
    }

    [Fact]
    public void Other_ones_none_and_ones_that_the_recipe_does_not_name_are_refused()
    {
        var other = TrainingState.Initial(Tiny.Recipe).Parameters;
        Assert.StartsWith(
            $"The recipe begins with the parameters {Recipe.InitialSha256}, but those given are {other.Sha256()}; give "
            + "them, or another recipe.", Message(() => TrainingState.Initial(Recipe, other)),
            StringComparison.Ordinal);
        Assert.Contains(
            "but those given are none;", Message(() => TrainingState.Initial(Recipe)), StringComparison.Ordinal);
        Assert.StartsWith(
            "Initial parameters are given, but the recipe does not name them; give it InitialSha256 = "
            + $"{other.Sha256()}.", Message(() => TrainingState.Initial(Tiny.Recipe, other)), StringComparison.Ordinal);

        static string Message(Action act) => Assert.Throws<ArgumentException>(act).Message;
    }

    [Fact]
    public void A_schedule_is_replayed_from_them()
    {
        var recipe = Recipe with { Strategy = new Asynchronous() };
        var server = TestServer.With(2, recipe, Tiny.Data, TrainingState.Initial(recipe, Given));
        server.AnswerUntil<EndRun>();
        var state = server.State.Training;
        var replayed = ScheduleReplayer.Replay(
            recipe, Tiny.Data, state.Schedule!, initial: Given, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(state.Parameters.Sha256(), replayed.State.Parameters.Sha256());
    }

    [Fact]
    public void A_node_rehearses_without_them() =>
        Assert.NotEmpty(Rehearsal.OrdersOf(new TrainingPlan(Recipe, Tiny.Data.Description)));

    private static TrainingResult Train(TrainingState from) =>
        Trainer.Train(Recipe, Tiny.Data, from, cancellation: TestContext.Current.CancellationToken);
}
