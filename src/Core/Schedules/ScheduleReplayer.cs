using System.Collections.Immutable;
using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Schedules;

/// <summary>
/// Computes a run again from its schedule, in process, on the calling thread, one contribution after another: the
/// meaning of a run whose weights depend on who computed what. It keeps old versions as long as some contribution needs
/// them.
/// </summary>
public sealed class ScheduleReplayer
{
    private readonly TrainingPlan _plan;
    private readonly ShardComputation _computation;
    private readonly VectorPool _pool = new();
    private readonly Dictionary<long, FlatVector> _versions = [];
    private readonly Dictionary<long, int> _lastUse = [];
    private readonly Dictionary<ShardId, float[]> _residuals = [];
    private readonly byte[] _encoded;
    private readonly bool[] _isApplied;
    private TrainingState _state;

    private ScheduleReplayer(TrainingPlan plan, ShardComputation computation, FlatVector? initial)
    {
        (_plan, _computation) = (plan, computation);
        _encoded = new byte[Compression.EncodedBytes(plan.Recipe.Model.Layout.Count)];
        _isApplied = new bool[plan.StepsPerEpoch];
        _state = TrainingState.Initial(plan.Recipe, initial);
        _versions[_state.Version] = _state.Parameters;
    }

    private Compression Compression => _plan.Recipe.Compression;

    /// <summary>The state that a run with this schedule ended with, bit for bit, and its evaluation.</summary>
    /// <param name="recipe">The run's recipe.</param>
    /// <param name="data">The run's data.</param>
    /// <param name="schedule">What happened, from the first update on.</param>
    /// <param name="onEpoch">Told each finished epoch; it can't change the run.</param>
    /// <param name="initial">The parameters that the recipe names, where it does.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ScheduleException">The schedule can't be what happened; the message names the
    /// entry.</exception>
    /// <exception cref="ArgumentException">The recipe is invalid, or names other parameters.</exception>
    /// <exception cref="KernelUnavailableException">The recipe's kernel can't be had here.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static TrainingResult Replay(
        Recipe recipe, Dataset data, TrainingSchedule schedule, Action<EpochSummary>? onEpoch = null,
        FlatVector? initial = null, CancellationToken cancellation = default)
    {
        var plan = new TrainingPlan(recipe, data.Description);
        var computation = new ShardComputation(plan, data, MatMuls.Create(recipe.Kernel));
        var replayer = new ScheduleReplayer(plan, computation, initial);
        var entries = schedule.Entries;
        replayer.NoteUses(entries);
        for (var i = 0; i < entries.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (entries[i] is ScheduledUpdate update) replayer.Update(i, update, onEpoch);
            else replayer._residuals.Clear();
        }
        return new(
            replayer._state with { Schedule = schedule },
            Evaluator.Evaluate(plan, computation, replayer._state.Parameters));
    }

    private void NoteUses(ImmutableArray<ScheduleEntry> entries)
    {
        for (var i = 0; i < entries.Length; i++)
            if (entries[i] is ScheduledUpdate update)
                foreach (var contribution in update.Contributions) _lastUse[contribution.Version] = i;
    }

    private void Update(int index, ScheduledUpdate update, Action<EpochSummary>? onEpoch)
    {
        foreach (var contribution in update.Contributions) Check(index, contribution);
        try
        {
            var next = _plan.Recipe.Strategy is LocalSgd ? Average(index, update) : Step(index, update);
            foreach (var moment in _state.Optimizer.Moments) _pool.Return(moment);
            _state = next;
        }
        catch (ArgumentException e) // the nodes do not cover a tree
        {
            throw Damaged(index, e.Message);
        }
        _versions[_state.Version] = _state.Parameters;
        foreach (var version in _versions.Keys)
        {
            var isNeeded = version == _state.Version || _lastUse.GetValueOrDefault(version) > index;
            if (!isNeeded && _versions.Remove(version, out var old)) _pool.Return(old);
        }
        if (_state.Position.Step > 0) return;
        Array.Clear(_isApplied);
        _state = EpochEnd.Apply(_plan, _state, Evaluator.Evaluate(_plan, _computation, _state.Parameters));
        onEpoch?.Invoke(_state.History[^1]);
    }

    private TrainingState Step(int index, ScheduledUpdate update)
    {
        var answers = new List<GradientAnswer>();
        var vectors = new List<FlatVector>();
        foreach (var contribution in update.Contributions)
        {
            var (answer, vector) = Gradient(contribution);
            if (contribution.IsApplied) answers.Add(answer);
            vectors.Add(vector);
        }
        if (answers.Count == 0) throw Damaged(index, "nothing is applied");
        var step = answers[0].Key.Step;
        if (answers.Exists(a => a.Key.Step != step)) throw Damaged(index, "several minibatches are applied at once");
        Mark(index, step);
        answers.Sort((a, b) => a.Key.Node.FirstLeaf.CompareTo(b.Key.Node.FirstLeaf));
        var end = StepEnd.Of(_plan, _state, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(answers), _pool);
        end.Update.Apply();
        foreach (var vector in vectors) _pool.Return(vector);
        return end.Apply(_plan, _state);
    }

    // In memory of its own: the computation's is used again for the next version.
    private (GradientAnswer Answer, FlatVector Vector) Gradient(Contribution contribution)
    {
        var key = new WorkKey(
            Incarnation: 0, contribution.Version, contribution.FirstStep, WorkKind.Gradient, contribution.Node);
        var answer = (GradientAnswer)_computation.Answer(new GradientOrder(key, _versions[contribution.Version]));
        var vector = _pool.Take(answer.Sum.Gradient.Span.Length);
        if (contribution.IsCompressed)
        {
            Compression.Encode(answer.Sum.Gradient.Span, Residual(contribution.Unit, vector.Memory.Length), _encoded);
            Compression.Decode(_encoded, vector.Memory.Span);
        }
        else
        {
            answer.Sum.Gradient.Span.CopyTo(vector.Memory.Span);
        }
        return (
            answer with { Sum = answer.Sum with { Gradient = new(answer.Sum.Gradient.Layout, vector.Frozen) } },
            vector.Frozen);
    }

    private TrainingState Average(int index, ScheduledUpdate update)
    {
        var answers = new List<LocalStepsAnswer>();
        var minibatches = 0;
        foreach (var part in update.Contributions.OrderBy(c => c.FirstStep))
        {
            if (part.Version != _state.Version)
                throw Damaged(index, $"version {part.Version} where the parameters are {_state.Version}");
            for (var i = 0; i < part.Steps; i++) Mark(index, part.FirstStep + i);
            var key = new WorkKey(Incarnation: 0, part.Version, part.FirstStep, WorkKind.LocalSteps, part.Node);
            var order = new LocalStepsOrder(key, part.FirstStep, part.Steps, _state.Parameters, _state.Optimizer);
            answers.Add((LocalStepsAnswer)_computation.Answer(order));
            minibatches += part.Steps;
        }
        if (answers.Count == 0) throw Damaged(index, "nothing is applied");
        return LocalSgd.Average(
            _plan, _state, minibatches, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(answers), _pool);
    }

    private Span<float> Residual(ShardId unit, int count)
    {
        if (!_residuals.TryGetValue(unit, out var residual))
            _residuals[unit] = residual = new float[Compression.ResidualLength(count)];
        return residual;
    }

    private void Mark(int index, long step)
    {
        var (epoch, inEpoch) = _plan.PositionOf(step);
        if (epoch != _state.Position.Epoch || _isApplied[inEpoch])
            throw Damaged(index, $"minibatch {step} is applied twice, or not in its epoch");
        _isApplied[inEpoch] = true;
    }

    private void Check(int index, Contribution contribution)
    {
        var (_, step, steps, version, node, _, _) = contribution;
        if (step < 0 || step >= _plan.TotalSteps) throw Damaged(index, $"there is no minibatch {step}");
        if (steps < 1 || steps > _plan.TotalSteps - step)
            throw Damaged(index, $"there are no {steps} minibatches from {step} on");
        if (!_versions.ContainsKey(version)) throw Damaged(index, $"there is no version {version} at this moment");
        if (_plan.Recipe.Strategy is LocalSgd) return;
        var tree = _plan.TreeOf(_plan.PositionOf(step).Step);
        if (!tree.Contains(node))
            throw Damaged(index, $"minibatch {step} has no node {node}");
    }

    private static ScheduleException Damaged(int index, string what) =>
        new($"schedule: entry {index + 1} is damaged or of another run: {what}.");
}
