namespace ActorTrain;

/// <summary>
/// Updates of a whole model, for training loops of one's own: PyTorch's <c>optimizer.step()</c> as a pure function.
/// </summary>
public static class ModelUpdates
{
    /// <summary>The state before the first update of a model.</summary>
    public static OptimizerState Init(this UpdateRule rule, Model model) => rule.Init(model.Layer.Layout.Count);

    /// <summary>
    /// One update. Running statistics stay as they are: <see cref="Model.Forward"/> is that of evaluation.
    /// </summary>
    /// <param name="rule">The rule, or an optimizer alone.</param>
    /// <param name="model">The model before.</param>
    /// <param name="gradient">Of the loss, as <see cref="Grad"/> gives it.</param>
    /// <param name="state">Of <see cref="Init(UpdateRule, Model)"/>, or of the update before.</param>
    /// <returns>The model and the state after.</returns>
    /// <exception cref="ArgumentException">The gradient, or the state, is another model's.</exception>
    public static (Model Model, OptimizerState State) Step(
        this UpdateRule rule, Model model, Parameters gradient, OptimizerState state)
    {
        var layout = model.Layer.Layout;
        if (!layout.Equals(gradient.Layout))
            throw new ArgumentException(
                $"Step: the gradient has {gradient.Layout.Count} numbers and the model {layout.Count}, or other "
                + "names; give the model's own gradient.", nameof(gradient));
        if (!rule.Has(state, layout.Count))
            throw new ArgumentException(
                $"Step: the state is not one of {rule.Optimizer} for {layout.Count} parameters; begin with "
                + "Init(model).", nameof(state));
        var untrained = rule.Untrained.IsEmpty ? UpdateRule.UntrainedOf(layout) : rule.Untrained;
        var one = new MicrobatchTree(rows: 1, microbatches: 1);
        var update = new ParameterUpdate(
            rule with { Untrained = [.. untrained.Select(range => range with { Momentum = 0 })] },
            new(model.Parameters.Memory), state, new(one, [one.Root]), [gradient.Memory], rows: 1, new());
        update.Apply();
        return (new(model.Layer, new Parameters(layout, update.Parameters)), update.State);
    }

    /// <summary>The state before the first update of a model.</summary>
    public static OptimizerState Init(this Optimizer optimizer, Model model) => new UpdateRule(optimizer).Init(model);

    /// <inheritdoc cref="Step(UpdateRule, Model, Parameters, OptimizerState)"/>
    public static (Model Model, OptimizerState State) Step(
        this Optimizer optimizer, Model model, Parameters gradient, OptimizerState state) =>
        new UpdateRule(optimizer).Step(model, gradient, state);
}
