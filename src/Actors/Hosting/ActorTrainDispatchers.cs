namespace ActorTrain.Actors;

/// <summary>The dispatchers that ActorTrain's actors ask for by name.</summary>
public static class ActorTrainDispatchers
{
    /// <summary>A thread for each data shard: computing never starves Akka's own threads.</summary>
    public const string Shard = "actortrain.shard-dispatcher";

    /// <summary>
    /// One thread for the parameter server and the first shard, which never have work at the same time: so there are as
    /// many busy threads as shards, and the server's turn costs no change of thread.
    /// </summary>
    public const string Server = "actortrain.server-dispatcher";

    /// <summary>A thread for whoever waits for the disk.</summary>
    public const string Disk = "actortrain.disk-dispatcher";

    /// <summary>Their HOCON.</summary>
    /// <param name="shards">
    /// Shards of this process: with more than cores, a spinning one would only take a core from another.
    /// </param>
    public static string Hocon(int shards)
    {
        var spin = shards <= Environment.ProcessorCount ? 200 : 0;
        var type = $"\"{typeof(SpinningDispatcherConfigurator).AssemblyQualifiedName}\"";
        return $$"""
            actortrain {
              shard-dispatcher {
                type = {{type}}
                thread-name = "shard"
                throughput = 1
                spin-microseconds = {{spin}}
              }
              server-dispatcher {
                type = {{type}}
                thread-name = "server"
                throughput = 1
                spin-microseconds = {{spin}}
                shared = on
              }
              disk-dispatcher {
                type = PinnedDispatcher
              }
            }
            """;
    }
}
