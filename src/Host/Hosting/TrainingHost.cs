using ActorTrain.Host.Interruption;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace ActorTrain.Host.Hosting;

/// <summary>The host that commands run in: quiet, and without signals of its own.</summary>
internal static class TrainingHost
{
    // Akka's phases of leaving a cluster take up to 10 s each.
    private static readonly TimeSpan TimeToStop = TimeSpan.FromMinutes(1);

    /// <summary>A host with these services.</summary>
    public static IHost Build(Action<IServiceCollection> addServices)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(
            new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Error).AddConsoleFormatter<PlainFormatter, ConsoleFormatterOptions>()
            .AddConsole(o =>
        {
            o.FormatterName = PlainFormatter.FormatterName;
            o.LogToStandardErrorThreshold = LogLevel.Error;
        });
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeToStop);
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        addServices(builder.Services);
        return builder.Build();
    }

    /// <summary>Signals are handled by <see cref="InterruptListener"/>, not by the host.</summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
