using ActorTrain.Host.Terminal;

namespace ActorTrain.Host.Tests.Terminal;

public class UnforeseenErrorTests
{
    private static readonly Exception Error =
        new AggregateException(new AggregateException(new InvalidOperationException("one\ntwo")));

    [Fact]
    public void It_is_one_line_about_the_cause() => Assert.Equal(
        "unexpected: one two (InvalidOperationException); this is a mistake of this program: ACTORTRAIN_STACK=1 shows "
        + "where", UnforeseenError.Text(Error, asked: null));

    [Fact]
    public void The_stack_is_there_for_who_asks() =>
        Assert.Equal(Error.ToString(), UnforeseenError.Text(Error, asked: "1"));
}
