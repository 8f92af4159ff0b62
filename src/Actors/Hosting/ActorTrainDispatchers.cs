namespace ActorTrain.Actors;

/// <summary>The dispatchers that ActorTrain's actors ask for by name.</summary>
public static class ActorTrainDispatchers
{
    /// <summary>A thread for each data shard: computing never starves Akka's own threads.</summary>
    public const string Shard = "actortrain.shard-dispatcher";

    /// <summary>A thread for the parameter server.</summary>
    public const string Server = "actortrain.server-dispatcher";

    /// <summary>A thread for whoever waits for the disk.</summary>
    public const string Disk = "actortrain.disk-dispatcher";

    /// <summary>Their HOCON.</summary>
    public const string Hocon = """
        actortrain {
          shard-dispatcher {
            type = PinnedDispatcher
          }
          server-dispatcher {
            type = PinnedDispatcher
          }
          disk-dispatcher {
            type = PinnedDispatcher
          }
        }
        """;
}
