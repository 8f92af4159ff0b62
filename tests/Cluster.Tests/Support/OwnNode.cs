using System.Collections.Concurrent;
using ActorTrain.Actors;
using ActorTrain.Kernels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ActorTrain.Cluster.Tests;

/// <summary>A worker in this process, which a test can look into.</summary>
internal sealed class OwnNode : IAsyncDisposable
{
    private readonly IHost _host;

    private OwnNode(IHost host) => _host = host;

    /// <summary>What has happened on it.</summary>
    public ConcurrentQueue<TrainingEvent> Events { get; private init; } = [];

    /// <summary>Starts one.</summary>
    /// <param name="cluster">Which it joins.</param>
    /// <param name="name">Its own.</param>
    /// <param name="createKernel">Instead of those there are.</param>
    /// <param name="through">An aggregator's name, if it takes part through one.</param>
    public static async Task<OwnNode> Start(
        TestCluster cluster, string name, Func<string, IMatMul>? createKernel = null, string? through = null)
    {
        var events = new ConcurrentQueue<TrainingEvent>();
        var training =
            new TrainingJob { LoadData = _ => Task.FromResult(SmallRun.Data), Shards = 1, OnEvent = events.Enqueue };
        if (createKernel is not null) training = training with { CreateKernel = createKernel };
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new() { DisableDefaults = true });
        builder.Services.AddLogging();
        builder.Services.AddActorTrainNode(new NodeJob
        {
            Cluster = new()
            {
                Roles = [ClusterSettings.WorkerRole],
                Name = name,
                SeedNodes = [.. cluster.Seeds.Split(',')],
                Through = through,
            },
            Training = training,
        });
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new(host) { Events = events };
    }

    /// <summary>Waits until the server refuses it; why.</summary>
    public async Task<string> Refusal()
    {
        var end = await _host.Services.GetRequiredService<ClusterNode>().Completion.WaitAsync(
            TimeSpan.FromSeconds(NodeProcess.Patience), TestContext.Current.CancellationToken);
        return Assert.IsType<NodeEnd.Refused>(end).Reason;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }
}
