using ActorTrain.Host.Configuration;

namespace ActorTrain.Host.Tests;

/// <summary>What <c>--augment</c> says.</summary>
public class AugmentTextTests
{
    private static readonly DataDescription Wide = new("wide", "", 10, 10, 3, 4, 2, new(0.1f, 0.3f));

    public static TheoryData<string, Transform[]> Texts => new()
    {
        { "affine:10", [new RandomAffine(10)] },
        { "affine:10:0.2", [new RandomAffine(10, 0.2f)] },
        { "affine:10:0.2:0.25", [new RandomAffine(10, 0.2f, 0.75f, 1.25f)] },
        { "affine:0:0:0.25:5", [new RandomAffine(0, 0, 0.75f, 1.25f, 5)] },
        { "elastic", [new ElasticDeform()] },
        { "elastic:20", [new ElasticDeform(20)] },
        { "elastic:20:3", [new ElasticDeform(20, 3)] },
        { "shift:2", [new RandomCrop(3, 4, 2)] },
        { "flip+flip:0.1", [new RandomHorizontalFlip(), new RandomHorizontalFlip(0.1f)] },
    };

    [Theory, MemberData(nameof(Texts))]
    public void Names_and_numbers_are_changes(string text, Transform[] expected)
    {
        Assert.True(AugmentText.TryParse(text, out var augment));
        Assert.Equal(new Compose([.. expected]), augment.Of(Wide));
    }

    [Fact]
    public void None_is_no_change()
    {
        Assert.True(AugmentText.TryParse("none", out var none));
        Assert.Null(none.Of(Wide));
    }

    [Theory, InlineData(""), InlineData("affine"), InlineData("affine:x"), InlineData("affine:-1"),
     InlineData("affine:1:2"), InlineData("affine:1:0:1"), InlineData("elastic:1:0"), InlineData("shift:-1"),
     InlineData("flip:2"), InlineData("flip+"), InlineData("none+flip"), InlineData("turn:3")]
    public void What_names_no_change_is_refused(string text) => Assert.False(AugmentText.TryParse(text, out _));
}
