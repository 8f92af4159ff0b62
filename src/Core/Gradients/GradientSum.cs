namespace ActorTrain;

/// <summary>
/// What a node of the microbatch tree contributes to a step. Sums, not means: they add up along the tree.
/// </summary>
/// <param name="Gradient">∂(Σ losses)/∂parameters over its rows.</param>
/// <param name="LossSum">Σ losses over its rows, in nats.</param>
/// <param name="Correct">Rows whose largest output is at their label.</param>
/// <param name="Rows">How many rows.</param>
public sealed record GradientSum(Parameters Gradient, double LossSum, int Correct, int Rows);
