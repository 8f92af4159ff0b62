namespace ActorTrain.Actors.Tests;

public class UpdatePiecesTests
{
    [Theory, InlineData(1000), InlineData(131_072), InlineData(200_000), InlineData(2_000_000)]
    public void Two_threads_do_what_one_does_and_tell_only_what_is_written(int count)
    {
        for (var repeat = 0; repeat < 20; repeat++)
        {
            var expected = Update(count);
            expected.Apply();
            var update = Update(count);
            var told = 0;
            new UpdatePieces(update).Apply(written =>
            {
                Assert.True(written > told);
                Assert.True(
                    expected.Parameters.Span[told..written].SequenceEqual(update.Parameters.Span[told..written]));
                told = written;
            });
            Assert.Equal(count, told);
            Assert.Equal(expected.Parameters.Sha256(), update.Parameters.Sha256());
            Assert.Equal(expected.State.Moments[0].Sha256(), update.State.Moments[0].Sha256());
        }
    }

    private static ParameterUpdate Update(int count)
    {
        var values = new float[count];
        Philox.FillUniform(1, RandomPurpose.Augmentation, 0, -1, 1, values);
        var rule = new UpdateRule(new Sgd(0.1f));
        return new(
            rule, FlatVector.From(values), rule.Init(count), new(new(1, 1), [new(0, 0)]), [values], 1, new());
    }
}
