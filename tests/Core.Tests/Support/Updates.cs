namespace ActorTrain.Core.Tests.Support;

internal static class Updates
{
    /// <summary>Does every run of an update.</summary>
    public static (FlatVector Parameters, OptimizerState State) Whole(ParameterUpdate update)
    {
        update.Apply();
        return (update.Parameters, update.State);
    }
}
