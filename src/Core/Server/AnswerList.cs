using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>Answers in the order of their leaves.</summary>
internal static class AnswerList
{
    /// <summary>With one more.</summary>
    public static ImmutableArray<WorkAnswer> With(this ImmutableArray<WorkAnswer> answers, WorkAnswer answer)
    {
        var index = 0;
        while (index < answers.Length && answers[index].Key.Node.FirstLeaf < answer.Key.Node.FirstLeaf) index++;
        return answers.Insert(index, answer);
    }

    /// <summary>The evaluation of all parts together.</summary>
    /// <param name="answers">Evaluation answers that cover the sum's leaves.</param>
    /// <param name="sum">How their losses add up.</param>
    public static Evaluation Evaluation(this ImmutableArray<WorkAnswer> answers, TreeSum sum)
    {
        var parts = answers.Select(a => ((EvaluationAnswer)a).Evaluation).ToList();
        return parts.Aggregate((a, b) => a.Plus(b)) with { LossSum = sum.Of([.. parts.Select(p => p.LossSum)]) };
    }
}
