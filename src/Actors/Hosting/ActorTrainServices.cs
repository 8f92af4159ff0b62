using ActorTrain.Actors;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>ActorTrain in any .NET application.</summary>
public static class ActorTrainServices
{
    /// <summary>The name of the actor system.</summary>
    public const string ActorSystemName = "actortrain";

    /// <summary>Adds a training run that starts with the host. <see cref="TrainingRun"/> is how to wait for it.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="job">What to train.</param>
    public static IServiceCollection AddActorTrain(this IServiceCollection services, TrainingJob job) => services.AddActorTrain(_ => job);

    /// <summary>The same, for a job that is made from other services.</summary>
    public static IServiceCollection AddActorTrain(this IServiceCollection services, Func<IServiceProvider, TrainingJob> job)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(job);
        services.AddSingleton<TrainingRun>();
        services.AddAkka(ActorSystemName, (akka, provider) => akka
            .AddHocon(ActorTrainDispatchers.Hocon(provider.GetRequiredService<TrainingJob>().Shards), HoconAddMode.Append)
            .ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
            }));
        // After Akka, so that a stopping host ends the run first and the actor system afterwards.
        services.AddHostedService(provider => provider.GetRequiredService<TrainingRun>());
        return services;
    }
}
