using System.Diagnostics;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>What a round through actors adds to a step: one shard with them, against the sequential trainer.</summary>
internal static class RoundBenchmark
{
    // Both within the first epoch, so that their difference holds no evaluation and no start.
    private const int Steps = 300;
    private const int MoreSteps = 900;
    private const int Turns = 12;
    private static readonly Bar Microseconds = Bar.AtMost(10);
    private static readonly Bar Share = Bar.AtMost(0.03);

    /// <summary>Measures and reports.</summary>
    public static Section Run()
    {
        var data = Subset.Of(Dataset.Mnist(), 60_000, TrainingPlan.EvaluationRows);
        List<double> sequential = [], actors = [];
        for (var turn = 0; turn <= Turns; turn++)
        {
            var (without, with) = (Step(Sequentially), Step(WithActors));
            // The first turn compiles.
            if (turn == 0) continue;
            sequential.Add(without);
            actors.Add(with);
        }
        var rounds = new Figures(actors.Zip(sequential, (with, without) => with - without));
        var (plain, share) = (new Figures(sequential), rounds.Median / new Figures(actors).Median);
        return new("The round through actors",
            "128,64, minibatch 64, one shard: a step of `Trainer.Train`, which knows no actors, and of the same recipe "
            + "with them; the difference of runs that took turns.",
            ["without actors, µs", "with actors, µs", "the round, µs", "its median", "of the step"],
            [
                [
                    $"{plain}", $"{new Figures(actors)}", $"{rounds}", Microseconds.Judge(rounds.Median),
                    Share.Judge(share, Figures.Percent),
                ],
            ]);

        double Step(Func<Recipe, double> secondsOf)
        {
            var (some, more) = (secondsOf(Of(Steps)), secondsOf(Of(MoreSteps)));
            return 1e6 * (more - some) / (MoreSteps - Steps);
        }

        static Recipe Of(int steps) => new() { MaxSteps = steps };

        double Sequentially(Recipe recipe)
        {
            var start = Stopwatch.GetTimestamp();
            Trainer.Train(recipe, data);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        double WithActors(Recipe recipe) => LocalRun.ToEnd(recipe, data, shards: 1).TrainSeconds;
    }
}
