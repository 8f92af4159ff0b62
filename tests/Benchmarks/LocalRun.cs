using ActorTrain.Actors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorTrain.Benchmarks;

/// <summary>A run in this process, actors and all.</summary>
internal static class LocalRun
{
    /// <summary>Trains to the end.</summary>
    /// <param name="recipe">What to train.</param>
    /// <param name="data">On what.</param>
    /// <param name="shards">With how many shards.</param>
    /// <param name="onEvent">Told what happens; none: nobody.</param>
    public static TrainingOutcome ToEnd(
        Recipe recipe, Dataset data, int shards, Action<TrainingEvent>? onEvent = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddActorTrain(new TrainingJob
        {
            Recipe = recipe,
            LoadData = _ => Task.FromResult(data),
            Shards = shards,
            OnEvent = onEvent ?? (_ => { }),
        });
        using var host = builder.Build();
        host.Start();
        var outcome = host.Services.GetRequiredService<TrainingRun>().Completion.GetAwaiter().GetResult();
        host.StopAsync().GetAwaiter().GetResult();
        return outcome;
    }
}
