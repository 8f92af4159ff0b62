using System.Globalization;
using ActorTrain.Actors;

namespace ActorTrain.Host.Terminal;

/// <summary>What a run says, as text: pure functions of what happened.</summary>
internal static class ProgressText
{
    /// <summary>How much of a fingerprint is shown: enough to compare two runs by eye.</summary>
    public const int FingerprintDigits = 12;

    /// <summary>The line of an epoch. Scripts read it: its form does not change.</summary>
    /// <example>
    /// epoch 1/5  loss 0.2831  accuracy 91.52 %  test loss 0.1402  test accuracy 95.87 %  seen 60000/60000
    /// weights 3fa94c21d07e  0.31 s  193548 images/s (all on one line)
    /// </example>
    /// <param name="e">The epoch's figures.</param>
    /// <param name="epochs">Epochs of the run.</param>
    /// <param name="pace">What this process did of it: seconds and images/s are its own.</param>
    public static string Epoch(EpochSummary e, int epochs, EpochPace pace) => string.Create(
        CultureInfo.InvariantCulture,
        $"epoch {e.Epoch}/{epochs}  loss {e.TrainLoss:F4}  accuracy {Percent(e.TrainAccuracy)}  "
        + $"test loss {e.TestLoss:F4}  test accuracy {Percent(e.TestAccuracy)}  "
        + $"seen {e.SamplesSeen}/{e.SamplesExpected}  weights {Fingerprint(e.WeightsSha256)}  "
        + $"{pace.Seconds:F2} s  {ImagesPerSecond(pace)} images/s");

    /// <summary>
    /// What is shown beside the bar of a running epoch. Parts that do not fit are left out, from the end.
    /// </summary>
    /// <param name="e">The step.</param>
    /// <param name="epochs">Epochs of the run.</param>
    /// <param name="width">Characters that there is room for; the first part always stays.</param>
    public static string Step(StepDone e, int epochs, int width)
    {
        string[] parts =
        [
            $"epoch {EpochOf(e)}/{epochs}",
            $"loss {e.Totals.Loss.ToString("F4", CultureInfo.InvariantCulture)}",
            $"accuracy {Percent(e.Totals.Accuracy)}",
            $"{Left(e, epochs).ToString("F0", CultureInfo.InvariantCulture)} s left",
            $"{ImagesPerSecond(e.Pace)} images/s",
        ];
        var count = Enumerable.Range(1, parts.Length)
            .LastOrDefault(n => string.Join("  ", parts.Take(n)).Length <= width, 1);
        return string.Join("  ", parts.Take(count));
    }

    /// <summary>The epoch, from 1 on, that a step belongs to.</summary>
    public static int EpochOf(StepDone e) => e.Position.Step == 0 ? e.Position.Epoch : e.Position.Epoch + 1;

    /// <summary>Steps of the step's epoch that are done.</summary>
    public static int StepsDone(StepDone e) => e.Position.Step == 0 ? e.StepsPerEpoch : e.Position.Step;

    /// <summary>The first digits of a SHA-256.</summary>
    public static string Fingerprint(string sha256) => sha256[..FingerprintDigits];

    /// <summary>A share as per cent with two decimals.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F2} %");

    // Seconds of steps only, at this process's pace in this epoch.
    private static double Left(StepDone e, int epochs)
    {
        var steps = ((epochs - EpochOf(e)) * e.StepsPerEpoch) + e.StepsPerEpoch - StepsDone(e);
        return e.Pace.Seconds / e.Pace.Steps * steps;
    }

    private static string ImagesPerSecond(EpochPace pace) =>
        pace.Seconds > 0 ? (pace.Samples / pace.Seconds).ToString("F0", CultureInfo.InvariantCulture) : "-";
}
