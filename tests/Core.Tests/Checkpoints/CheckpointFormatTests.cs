using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Files;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Checkpoints;

public sealed class CheckpointFormatTests : IDisposable
{
    // Format 1 of header {"step":3} and vectors [1, -2.5], []. Written once; must be readable for ever.
    private const string Golden =
        "4143545241494e00010000000a0000007b2273746570223a337d02000000020000000000803f000020c0000000003cd1" +
        "5c7959c548f5c40a003a021a3ead0fda3f8e097064737d59479c44be422d";

    private readonly TemporaryFolder _folder = new();

    private static byte[] Example =>
        CheckpointFormat.Encode("{\"step\":3}", FlatVector.From([1, -2.5f]), FlatVector.From([]));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_golden_bytes_of_format_1_are_read_for_ever()
    {
        var contents = CheckpointFormat.Decode(Convert.FromHexString(Golden), "golden");
        Assert.Equal("{\"step\":3}", contents.Header);
        Assert.Equal(2, contents.Vectors.Length);
        Assert.Equal([1, -2.5f], contents.Vectors[0].Span);
        Assert.Equal(0, contents.Vectors[1].Count);
    }

    [Fact]
    public void Format_1_is_written_as_the_golden_bytes() => Assert.Equal(Golden, Convert.ToHexStringLower(Example));

    [Property]
    public void What_was_encoded_is_decoded_bit_for_bit(string header, uint[] first, uint[] second)
    {
        var text = string.Concat((header ?? "").Where(c => !char.IsSurrogate(c)));
        var vectors = new[] { first, second }.Select(bits => bits.Select(BitConverter.UInt32BitsToSingle).ToArray())
            .ToArray();
        var contents = CheckpointFormat.Decode(
            CheckpointFormat.Encode(text, FlatVector.From(vectors[0]), FlatVector.From(vectors[1])), "x");
        Assert.Equal(text, contents.Header);
        Assert.Equal(first, contents.Vectors[0].Span.ToArray().Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(second, contents.Vectors[1].Span.ToArray().Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void A_header_is_read_alone_and_a_file_that_ends_in_it_is_truncated()
    {
        File.WriteAllBytes(_folder.At("whole"), Example);
        Assert.Equal("{\"step\":3}", CheckpointFormat.ReadHeader(_folder.At("whole")));
        for (var length = 0; length < 26; length++)
        {
            File.WriteAllBytes(_folder.At("cut"), Example[..length]);
            Assert.Throws<CheckpointException>(() => CheckpointFormat.ReadHeader(_folder.At("cut")));
        }
    }

    [Fact]
    public void Any_changed_bit_is_an_error_that_names_the_file()
    {
        for (var bit = 0; bit < Example.Length * 8; bit++)
        {
            var bytes = Example;
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.StartsWith("x: ", Assert.Throws<CheckpointException>(() => CheckpointFormat.Decode(bytes, "x"))
                .Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Any_shorter_file_is_an_error_that_says_truncated()
    {
        for (var length = 1; length < Example.Length; length++)
            Assert.StartsWith($"x: truncated or damaged: {length} bytes where its lengths ask for at least ",
                ErrorOf(Example[..length]), StringComparison.Ordinal);
        Assert.Equal(
            "x: truncated or damaged: 77 bytes where its lengths ask for at least 78.", ErrorOf(Example[..77]));
    }

    [Fact]
    public void An_empty_file_is_refused() => Assert.Equal("x: empty, not an ActorTrain checkpoint.", ErrorOf([]));

    [Fact]
    public void A_foreign_file_is_refused() => Assert.Equal(
        "x: not an ActorTrain checkpoint: it begins with 504b030414000000.",
        ErrorOf([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]));

    [Fact]
    public void A_newer_version_is_refused()
    {
        var bytes = Example;
        bytes[8] = 2;
        Assert.Equal("x: format version 2 is newer than 1, the newest that this program reads; use a newer ActorTrain.",
            ErrorOf(bytes));
    }

    [Fact]
    public void Version_0_is_damage()
    {
        var bytes = Example;
        bytes[8] = 0;
        Assert.Equal("x: damaged: format version 0 does not exist.", ErrorOf(bytes));
    }

    [Fact]
    public void A_changed_parameter_is_damage()
    {
        var bytes = Example;
        bytes[36] ^= 1;
        Assert.Equal("x: damaged: its SHA-256 does not match its contents.", ErrorOf(bytes));
    }

    [Fact]
    public void Bytes_too_many_are_damage() =>
        Assert.Equal("x: damaged: 3 bytes more than its lengths say.", ErrorOf([.. Example, 1, 2, 3]));

    [Fact]
    public void A_missing_file_is_an_error_that_names_it() => Assert.Equal(
        $"{_folder.At("none")}: no such file.",
        Assert.Throws<CheckpointException>(() => CheckpointFormat.Read(_folder.At("none"))).Message);

    private static string ErrorOf(byte[] bytes) =>
        Assert.Throws<CheckpointException>(() => CheckpointFormat.Decode(bytes, "x")).Message;
}
