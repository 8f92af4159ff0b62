namespace ActorTrain;

/// <summary>One finished epoch, for people and curves.</summary>
/// <param name="Epoch">From 1 on.</param>
/// <param name="TrainLoss">Mean loss over the epoch's minibatches as they were met, in nats.</param>
/// <param name="TrainAccuracy">Share predicted right over the same, 0 … 1.</param>
/// <param name="TestLoss">Mean loss on the test split after the epoch, in nats.</param>
/// <param name="TestAccuracy">Share predicted right on the test split after the epoch, 0 … 1.</param>
/// <param name="SamplesSeen">Training examples that were counted.</param>
/// <param name="SamplesExpected">Training examples that an epoch has.</param>
/// <param name="WeightsSha256">SHA-256 of the parameters after the epoch, in hexadecimal.</param>
public sealed record EpochSummary(
    int Epoch, double TrainLoss, double TrainAccuracy, double TestLoss, double TestAccuracy,
    long SamplesSeen, long SamplesExpected, string WeightsSha256);
