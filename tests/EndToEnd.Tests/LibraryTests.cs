using ActorTrain.Actors;
using Microsoft.Extensions.DependencyInjection;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>A hosted run and one in process.</summary>
public class LibraryTests
{
    [Fact]
    public async Task A_hosted_run_and_one_in_process_end_with_the_same_weights()
    {
        var recipe = new Recipe { MaxSteps = 300 };

        var result = Trainer.Train(recipe, Dataset.Mnist(), cancellation: TestContext.Current.CancellationToken);

        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Services.AddActorTrain(new TrainingJob { Recipe = recipe });
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var outcome = await host.Services.GetRequiredService<TrainingRun>().Completion;
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(result.State.Parameters.Sha256(), outcome.State.Parameters.Sha256());
        Assert.Equal(result.Evaluation.Accuracy, outcome.Evaluation!.Accuracy);
        Assert.Equal(result.Evaluation.LossSum, outcome.Evaluation.LossSum);
    }
}
