using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

/// <summary>The server's transition, with shards that compute and answer when the test says so.</summary>
internal sealed class TestServer
{
    private readonly Dictionary<ShardId, ShardComputation> _shards = [];
    private readonly Dictionary<ShardId, float[]> _residuals = [];
    private readonly VectorPool _pool = new();
    private readonly Dataset _data;

    public TestServer(
        Recipe recipe, Dataset data, int shardsToBegin, TrainingState? from = null, int mostStepsAtRisk = 0,
        int jointRanks = 0)
    {
        _data = data;
        State = ServerState.Initial(
            new(recipe, data.Description), from ?? TrainingState.Initial(recipe), incarnation: 1, shardsToBegin,
            mostStepsAtRisk) with
        {
            Joint = JointMemory.For(new(recipe, data.Description), jointRanks),
        };
    }

    public ServerState State { get; private set; }

    /// <summary>The clock; it stands still unless a test moves it.</summary>
    public TimeSpan Now { get; set; }

    /// <summary>Given to shards that are there, and not computed yet; the oldest first.</summary>
    public List<SendWork> Orders { get; } = [];

    /// <summary>Every effect, in order.</summary>
    public List<ServerEffect> Effects { get; } = [];

    /// <summary>A checkpoint of the state after each step, taken when the server told it.</summary>
    public List<byte[]> Steps { get; } = [];

    /// <summary>Every checkpoint that the server asked for.</summary>
    public List<byte[]> Checkpoints { get; } = [];

    public string Weights => State.Training.Parameters.Sha256();

    public static ShardId Shard(int number, int incarnation = 0) => new($"shard-{number}", incarnation);

    /// <summary>A server that has begun with this many shards.</summary>
    public static TestServer With(
        int shards, Recipe recipe, Dataset data, TrainingState? from = null, int jointRanks = 0)
    {
        var server = new TestServer(recipe, data, shards, from, jointRanks: jointRanks);
        for (var i = 1; i <= shards; i++) server.Join(Shard(i));
        return server;
    }

    public IReadOnlyList<ServerEffect> Take(ServerEvent @event)
    {
        (State, var effects) = ParameterServer.Step(State, @event, Now, _pool);
        foreach (var update in effects.OfType<ApplyUpdate>()) update.Update.Apply();
        Effects.AddRange(effects);
        Orders.AddRange(effects.OfType<SendWork>());
        foreach (var step in effects.OfType<ReportStep>())
            Steps.Add(new TrainingCheckpoint(State.Plan.Recipe, State.Plan.Data, step.Training).Encode());
        foreach (var checkpoint in effects.OfType<SaveCheckpoint>())
            Checkpoints.Add(new TrainingCheckpoint(State.Plan.Recipe, State.Plan.Data, checkpoint.Training).Encode());
        return effects;
    }

    public IReadOnlyList<ServerEffect> Join(ShardId shard) => Join(shard, cores: 1, isRemote: false);

    public IReadOnlyList<ServerEffect> JoinNode(ShardId shard, int cores) => Join(shard, cores, isRemote: true);

    /// <summary>
    /// The first work of a node that joined, which somebody else has too: from the next step on it has its own part.
    /// </summary>
    public void PassTrial(ShardId node)
    {
        while (Orders.Find(o => o.Shard == node) is null) AnswerOldest();
        AnswerUntil<ReportStep>(except: node);
        Take(Compute(Orders.Find(o => o.Shard == node)!));
    }

    public IReadOnlyList<ServerEffect> Lose(ShardId shard)
    {
        Forget(shard);
        return Take(new ShardLost(shard, "killed by the test"));
    }

    /// <summary>The shard dies, and the server does not know yet.</summary>
    public void Forget(ShardId shard)
    {
        _shards.Remove(shard);
        Orders.RemoveAll(o => o.Shard == shard);
    }

    public IReadOnlyList<ServerEffect> Fail(SendWork order, string reason)
    {
        Orders.Remove(order);
        return Take(new WorkFailed(order.Shard, order.Order.Key, reason));
    }

    /// <summary>What the shard answers to the order; the server has not got it yet.</summary>
    public WorkAnswered Compute(SendWork order)
    {
        Orders.Remove(order);
        var answer = _shards[order.Shard].Answer(order.Order);
        return new(
            order.Shard, answer is GradientAnswer gradient && _residuals.TryGetValue(order.Shard, out var residual)
            ? gradient with { Sum = gradient.Sum with { Gradient = Sent(gradient.Sum.Gradient, residual) } }
            : answer);
    }

    // What arrives of a gradient that crosses from another process.
    private Parameters Sent(Parameters gradient, float[] residual)
    {
        var compression = State.Plan.Recipe.Compression;
        var (bytes, arrived) = (
            new byte[compression.EncodedBytes(gradient.Span.Length)], new float[gradient.Span.Length]);
        compression.Encode(gradient.Span, residual, bytes);
        compression.Decode(bytes, arrived);
        return new(gradient.Layout, FlatVector.From(arrived));
    }

    /// <summary>Answers all that is asked, each shard on a thread of its own.</summary>
    public void AnswerTogether()
    {
        var orders = Orders.ToList();
        Orders.Clear();
        var answers = new WorkAnswered[orders.Count];
        var threads = orders.Select((order, i) => new Thread(() => answers[i] = Compute(order))).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        foreach (var answer in answers) Take(answer);
    }

    public IReadOnlyList<ServerEffect> AnswerOldest() => Take(Compute(Orders[0]));

    /// <summary>Answers whatever is asked until an effect of this kind comes.</summary>
    /// <param name="except">A unit that does not answer.</param>
    /// <returns>The effects that came with it.</returns>
    public IReadOnlyList<ServerEffect> AnswerUntil<T>(ShardId? except = null) where T : ServerEffect
    {
        while (true)
        {
            var effects = Take(Compute(Orders.First(o => o.Shard != except)));
            if (effects.OfType<T>().Any()) return effects;
        }
    }

    private IReadOnlyList<ServerEffect> Join(ShardId shard, int cores, bool isRemote)
    {
        _shards[shard] = new(State.Plan, _data, new ManagedMatMul());
        var count = State.Plan.Recipe.Model.Layout.Count;
        if (isRemote) _residuals[shard] = new float[State.Plan.Recipe.Compression.ResidualLength(count)];
        return Take(new ShardJoined(shard, cores, isRemote));
    }
}
