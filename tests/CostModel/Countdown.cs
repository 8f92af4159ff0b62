namespace ActorTrain.CostModel;

/// <summary>Calls when so many things have ended.</summary>
internal sealed class Countdown(int count, Action done)
{
    /// <summary>One of them has.</summary>
    public void End()
    {
        if (--count == 0) done();
    }
}
