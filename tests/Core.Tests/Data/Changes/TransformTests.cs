using ActorTrain.Core.Tests.Data.Loading;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Data.Changes;

public class TransformTests
{
    private static readonly SampleKey Key = new(Seed: 7, Epoch: 0, Index: 0);

    // 3 rows, 4 columns: 0 1 2 3 / 4 5 6 7 / 8 9 10 11
    private static readonly Tensor Twelve = Tensor.Arange(12).View(1, 3, 4);

    private static readonly Transform[] All =
    [
        new ToTensor(), new Normalize(0.5f, 2), new Lambda(x => x.View(-1)), new RandomHorizontalFlip(),
        new RandomCrop(3, 3, Padding: 1), new RandomAffine(20, 0.2f, 0.8f, 1.2f, 10), new ElasticDeform(8, 2),
        Transforms.Compose(new RandomHorizontalFlip(), new RandomCrop(2, 2)),
    ];

    [Fact]
    public void Bytes_become_numbers_from_0_to_1_and_then_of_mean_0_and_deviation_1()
    {
        var transform = Transforms.Compose(new ToTensor(), new Normalize(0.5f, 0.25f));
        Assert.Equal([-2, 2, 0.4f], transform.Apply(Tensor.From([0, 255, 153], [3]), Key).ToArray(), Close);
    }

    [Property]
    public void No_input_is_changed_and_the_same_key_gives_the_same_bits(ulong seed, byte epoch, ushort index)
    {
        var input = Examples.Of(TestImages.Of(1, 5, 4))[0].Input;
        var before = input.ToArray();
        var key = new SampleKey(seed, epoch, index);
        foreach (var transform in All)
        {
            Assert.Equal(transform.Apply(input, key).ToArray(), transform.Apply(input, key).ToArray());
            Assert.Equal(before, input.ToArray());
        }
    }

    [Fact]
    public void Seed_epoch_example_and_place_have_numbers_of_their_own()
    {
        SampleKey[] keys =
        [
            Key, Key with { Seed = 8 }, Key with { Epoch = 1 }, Key with { Index = 1 }, Key with { Place = 1 },
        ];
        Assert.Equal(10, keys.SelectMany(key => new[] { key.Uniform(0), key.Uniform(1) }).Distinct().Count());
    }

    [Property]
    public void Random_numbers_are_within_their_bounds(ulong seed, byte epoch, ushort index, ushort draw, byte count)
    {
        var key = new SampleKey(seed, epoch, index);
        Assert.InRange(key.Uniform(draw, -3, 5), -3, 5);
        Assert.InRange(key.Integer(draw, 1 + count), 0, count);
        var many = new float[1 + count];
        key.Fill(-3, 5, many);
        Assert.Equal(Enumerable.Range(0, many.Length).Select(i => key.Uniform(i, -3, 5)), many);
    }

    [Fact]
    public void A_flip_happens_with_its_probability_and_exchanges_left_and_right()
    {
        Assert.Equal(
            [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8], new RandomHorizontalFlip(1).Apply(Twelve, Key).ToArray());
        Assert.Same(Twelve, new RandomHorizontalFlip(0).Apply(Twelve, Key));
        var flipped = Enumerable.Range(0, 1000)
            .Count(i => !ReferenceEquals(Twelve, new RandomHorizontalFlip(0.3f).Apply(Twelve, Key with { Index = i })));
        // 300 ± 5 standard deviations of 14.5.
        Assert.InRange(flipped, 228, 372);
    }

    [Fact]
    public void A_crop_is_a_part_of_the_image_with_its_border_and_each_place_comes_up()
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < 200; i++)
        {
            var part = new RandomCrop(3, 4, Padding: 1, Fill: -1).Apply(Twelve, Key with { Index = i });
            Assert.Equal([1, 3, 4], part.Shape);
            seen.Add(string.Join(' ', part.ToArray()));
        }
        Assert.Equal(9, seen.Count);
        Assert.Contains("0 1 2 3 4 5 6 7 8 9 10 11", seen);
        Assert.Contains("-1 -1 -1 -1 -1 0 1 2 -1 4 5 6", seen);
        Assert.Contains("5 6 7 -1 9 10 11 -1 -1 -1 -1 -1", seen);
    }

    [Fact]
    public void Nothing_random_leaves_the_image_as_it_is()
    {
        Assert.Equal(Twelve.ToArray(), new RandomAffine(0).Apply(Twelve, Key).ToArray());
        Assert.Equal(Twelve.ToArray(), new ElasticDeform(Alpha: 0).Apply(Twelve, Key).ToArray());
        Assert.Equal(Twelve.ToArray(), new RandomCrop(3, 4).Apply(Twelve, Key).ToArray());
    }

    [Fact]
    public void An_image_half_as_large_has_every_second_pixel()
    {
        var five = Tensor.Arange(25).View(1, 5, 5);
        var half = new RandomAffine(0, ScaleLow: 0.5f, ScaleHigh: 0.5f, Fill: -1).Apply(five, Key);
        Assert.Equal(
            [-1, -1, -1, -1, -1, -1, 0, 2, 4, -1, -1, 10, 12, 14, -1, -1, 20, 22, 24, -1, -1, -1, -1, -1, -1],
            half.ToArray());
    }

    [Fact]
    public void Turning_and_shearing_agree_with_the_matrices_that_PyTorch_uses()
    {
        var key = Key with { Index = 3 };
        var image = Tensor.Rand([2, 7, 6], seed: 2);
        var got = new RandomAffine(40, 0.2f, 0.7f, 1.4f, 25, Fill: 0.5f).Apply(image, key);
        var (angle, shear) = (Radians(key.Uniform(0, -40, 40)), Radians(key.Uniform(4, -25, 25)));
        var (moveX, moveY) = (key.Uniform(1, -0.2f, 0.2f) * 6, key.Uniform(2, -0.2f, 0.2f) * 7);
        var scale = key.Uniform(3, 0.7f, 1.4f);
        // R·H and its inverse, written out.
        double a = Math.Cos(angle), b = (-Math.Cos(angle) * Math.Tan(shear)) - Math.Sin(angle);
        double c = Math.Sin(angle), d = (-Math.Sin(angle) * Math.Tan(shear)) + Math.Cos(angle);
        for (var channel = 0; channel < 2; channel++)
        {
            for (var y = 0; y < 7; y++)
            {
                for (var x = 0; x < 6; x++)
                {
                    var (dx, dy) = (x - 2.5 - moveX, y - 3.0 - moveY);
                    var fromX = 2.5 + (((d * dx) - (b * dy)) / scale);
                    var fromY = 3.0 + (((a * dy) - (c * dx)) / scale);
                    Assert.Equal(Bilinear(image, channel, fromX, fromY, 0.5), got[channel, y, x], 1e-4);
                }
            }
        }
    }

    [Fact]
    public void An_elastic_field_is_a_random_one_blurred_by_a_Gaussian()
    {
        var image = Tensor.Rand([1, 7, 6], seed: 2);
        var got = new ElasticDeform(Alpha: 6, Sigma: 1.2f, Fill: 0.5f).Apply(image, Key);
        double Weight(int distance) => Math.Abs(distance) > 4 ? 0 : Math.Exp(-distance * distance / (2 * 1.2 * 1.2));
        var sum = Enumerable.Range(-4, 9).Sum(Weight);
        double Moved(int first, int x, int y)
        {
            var moved = 0.0;
            for (var row = 0; row < 7; row++)
                for (var column = 0; column < 6; column++)
                    moved += Weight(row - y) * Weight(column - x) / (sum * sum)
                        * Key.Uniform(first + (row * 6) + column, -6, 6);
            return moved;
        }
        for (var y = 0; y < 7; y++)
            for (var x = 0; x < 6; x++)
                Assert.Equal(
                    Bilinear(image, 0, x + Moved(0, x, y), y + Moved(42, x, y), 0.5), got[0, y, x], 1e-4);
    }

    [Fact]
    public void An_elastic_field_moves_pixels_and_is_smooth()
    {
        // On a ramp a pixel's change is how far it was moved; inside, neighbours are moved almost alike.
        var ramp = Tensor.Stack([.. Enumerable.Repeat(Tensor.Arange(40), 40)]).View(1, 40, 40);
        var moved = new ElasticDeform(Alpha: 30, Sigma: 5).Apply(ramp, Key);
        var by = Enumerable.Range(10, 20).Select(x => moved[0, 20, x] - x).ToList();
        Assert.Contains(by, d => Math.Abs(d) > 0.1);
        Assert.All(by.Zip(by.Skip(1)), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 0.5));
    }

    [Fact]
    public void Transforms_in_one_another_are_one_list_and_each_has_a_place()
    {
        var flip = new RandomHorizontalFlip();
        var nested = Transforms.Compose(flip, Transforms.Compose(flip, new RandomCrop(2, 2)));
        Assert.Equal(Transforms.Compose(flip, flip, new RandomCrop(2, 2)), nested);
        Assert.Equal(
            new RandomCrop(2, 2).Apply(
                flip.Apply(flip.Apply(Twelve, Key), Key with { Place = 1 }), Key with { Place = 2 }).ToArray(),
            nested.Apply(Twelve, Key).ToArray());
    }

    [Fact]
    public void The_bits_of_an_augmented_digit_stay_for_ever()
    {
        var transform = Transforms.Compose(
            new ToTensor(), new RandomAffine(10, 0.1f, 0.9f, 1.1f, 5), new ElasticDeform(20, 4),
            new RandomCrop(6, 6, 1));
        var bits = transform.Apply(Examples.Of(TestImages.Of(1, 7, 7))[0].Input, Key).ToArray()
            .Select(BitConverter.SingleToUInt32Bits);
        Assert.Equal(3943637032u, bits.Aggregate(0u, (hash, word) => unchecked((hash * 31) + word)));
    }

    [Fact]
    public void What_is_no_image_and_settings_that_make_no_sense_are_refused()
    {
        Assert.Equal(
            "RandomAffine: input has shape [12], expected [channels, rows, columns]. Change images before they are "
            + "flattened; View(1, rows, columns) makes one of a vector.",
            Assert.Throws<ShapeMismatchException>(() => new RandomAffine(1).Apply(Twelve.View(12), Key)).Message);
        Assert.Equal(
            "RandomCrop: input has shape [1, 3, 4], expected at least 6x2 pixels with its padding. Crop less, or pad "
            + "more.",
            Assert.Throws<ShapeMismatchException>(() => new RandomCrop(6, 2, 1).Apply(Twelve, Key)).Message);
        Assert.Equal(
            "RandomCrop: input has shape [1, 3, 4], expected at most 2147483647 pixels a side with its padding. Pad "
            + "less.",
            Assert.Throws<ShapeMismatchException>(() => new RandomCrop(3, 4, int.MaxValue).Apply(Twelve, Key)).Message);
        Assert.StartsWith(
            "RandomHorizontalFlip: P is 1.5; give a number from 0 to 1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new RandomHorizontalFlip(1.5f)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ElasticDeform(Sigma: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomCrop(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Normalize(0, 0));
        Assert.Throws<ArgumentException>(() => new Compose([.. Enumerable.Repeat(new ToTensor(), 257)]));
    }

    private static bool Close(float a, float b) => Math.Abs(a - b) < 1e-6f;

    private static double Radians(double degrees) => degrees * Math.PI / 180;

    private static double Bilinear(Tensor image, int channel, double x, double y, double fill)
    {
        double At(double column, double row) => column >= 0 && column < 6 && row >= 0 && row < 7
            ? image[channel, (int)row, (int)column]
            : fill;
        var (left, top) = (Math.Floor(x), Math.Floor(y));
        var (u, v) = (x - left, y - top);
        return ((1 - u) * (1 - v) * At(left, top)) + (u * (1 - v) * At(left + 1, top))
            + ((1 - u) * v * At(left, top + 1)) + (u * v * At(left + 1, top + 1));
    }
}
