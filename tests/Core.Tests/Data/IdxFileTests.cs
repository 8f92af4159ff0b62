using ActorTrain.Core.Tests.Files;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Data;

public sealed class IdxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_are_read_with_their_sizes()
    {
        var images = IdxFile.ParseImages(IdxBytes.Images(2, 1, 3, 1, 2, 3, 4, 5, 6), "x");
        Assert.Equal((2, 1, 3), (images.Count, images.Rows, images.Columns));
        Assert.Equal([1, 2, 3, 4, 5, 6], images.Pixels.Span.ToArray());
    }

    [Fact]
    public void Labels_are_read() =>
        Assert.Equal([7, 0, 255], IdxFile.ParseLabels(IdxBytes.Labels(3, 7, 0, 255), "x").Labels.Span.ToArray());

    [Theory, InlineData(false), InlineData(true)]
    public void Files_are_read_plain_and_compressed(bool compressed)
    {
        Assert.Equal(
            [8, 9], IdxFile.ReadImages(Stored(IdxBytes.Images(1, 1, 2, 8, 9), compressed)).Pixels.Span.ToArray());
        Assert.Equal([5], IdxFile.ReadLabels(Stored(IdxBytes.Labels(1, 5), compressed)).Labels.Span.ToArray());
    }

    [Fact]
    public void A_file_of_labels_is_not_one_of_images() =>
        Refused(IdxBytes.Labels(1, 5), "magic number 0x00000801; expected 0x00000803, an IDX file of images.");

    [Fact]
    public void A_file_of_images_is_not_one_of_labels() => Assert.Equal(
        "x: magic number 0x00000803; expected 0x00000801, an IDX file of labels.",
        Assert.Throws<DatasetException>(() => IdxFile.ParseLabels(IdxBytes.Images(1, 1, 1, 5), "x")).Message);

    [Fact]
    public void A_truncated_header_is_refused() =>
        Refused(IdxBytes.Words(0x803, 1),
            "truncated to 8 bytes; expected a header of 16 (magic number, count, rows, columns).");

    [Fact]
    public void An_empty_file_is_refused() =>
        Refused([], "truncated to 0 bytes; expected a header of 16 (magic number, count, rows, columns).");

    [Fact]
    public void A_truncated_file_is_refused() =>
        Refused(IdxBytes.Images(2, 2, 2, 1, 2, 3, 4, 5),
            "truncated to 21 bytes; expected 24 bytes: 2 images of 2x2 pixels after a header of 16.");

    [Fact]
    public void Trailing_bytes_are_refused()
    {
        var contents = IdxBytes.Images(1, 1, 1, 1, 2, 3);
        const string expected =
            "19 bytes are too many; expected 17 bytes: 1 images of 1x1 pixels after a header of 16.";
        Assert.Equal($"x: {expected}", ErrorOf(() => IdxFile.ParseImages(contents, "x")));
        var plain = Stored(contents, compressed: false);
        Assert.Equal($"{plain}: {expected}", ErrorOf(() => IdxFile.ReadImages(plain)));
        var gzip = Stored(contents, compressed: true);
        Assert.Equal(
            $"{gzip}: bytes after the 17 that belong there; expected 1 images of 1x1 pixels after a header of 16.",
            ErrorOf(() => IdxFile.ReadImages(gzip)));
    }

    [Fact]
    public void No_images_and_images_without_pixels_are_refused()
    {
        Refused(IdxBytes.Images(0, 28, 28), "0 images; expected at least 1.");
        Refused(IdxBytes.Images(1, 0, 28), "images of 0x28 pixels; expected at least 1x1.");
        Assert.Equal("x: 0 labels; expected at least 1.", ErrorOf(() => IdxFile.ParseLabels(IdxBytes.Labels(0), "x")));
    }

    [Fact]
    public void Sizes_that_no_array_can_hold_are_refused()
    {
        Refused(
            IdxBytes.Images(uint.MaxValue, uint.MaxValue, uint.MaxValue),
            "4294967295 images; expected at most 2147483591.");
        Assert.Equal(
            "x: 4294967295 labels; expected at most 2147483591 bytes in all.",
            ErrorOf(() => IdxFile.ParseLabels(IdxBytes.Labels(uint.MaxValue), "x")));
    }

    [Fact]
    public void A_compressed_file_that_claims_more_than_gzip_can_pack_is_refused_before_memory_is_taken()
    {
        var path = Stored(IdxBytes.Images(2_000_000, 32, 32), compressed: true);
        var bytes = new FileInfo(path).Length;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = ErrorOf(() => IdxFile.ReadImages(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal(
            $"{path}: 2000000 images of 32x32 pixels after a header of 16 in {bytes} compressed bytes; "
            + $"expected no more than {1032 * bytes} bytes.",
            message);
    }

    [Fact]
    public void Damaged_gzip_data_is_refused()
    {
        var whole = IdxBytes.Gzip(IdxBytes.Images(1, 20, 20, [.. Enumerable.Range(0, 400).Select(i => (byte)(i * i))]));
        byte[][] damaged = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], Flipped(whole, 0),
            Flipped(whole, whole.Length / 2), Flipped(whole, whole.Length - 6)];
        foreach (var bytes in damaged)
        {
            File.WriteAllBytes(_folder.At("d.gz"), bytes);
            Assert.Equal($"{_folder.At("d.gz")}: damaged gzip data; expected a complete gzip file.",
                ErrorOf(() => IdxFile.ReadImages(_folder.At("d.gz"))));
        }
    }

    [Fact]
    public void A_gzip_file_cut_off_anywhere_in_its_data_is_refused()
    {
        byte[] pixels = [.. Enumerable.Range(0, 400).Select(i => (byte)(i * i))];
        var whole = IdxBytes.Gzip(IdxBytes.Images(1, 20, 20, pixels));
        var path = _folder.At("d.gz");
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            // Without its trailer of 8 bytes and the end marker before it, all data is there: the runtime does not
            // mind.
            if (length < whole.Length - 9) Assert.StartsWith(
                $"{path}: ", ErrorOf(() => IdxFile.ReadImages(path)), StringComparison.Ordinal);
            else Assert.Equal(pixels, IdxFile.ReadImages(path).Pixels.ToArray());
        }
    }

    [Fact]
    public void A_missing_file_is_an_error_that_names_it() =>
        Assert.Equal($"{_folder.At("no")}: no such file; expected an IDX file, plain or .gz.",
            ErrorOf(() => IdxFile.ReadImages(_folder.At("no"))));

    [Property]
    public bool Any_bytes_are_images_or_a_DatasetException(byte[] bytes)
    {
        try
        {
            return IdxFile.ParseImages((byte[])[0, 0, 8, 3, .. bytes], "x").Count > 0;
        }
        catch (DatasetException)
        {
            return true;
        }
    }

    [Property]
    public bool A_damaged_compressed_file_is_refused_or_holds_the_same_images(ushort place, byte change)
    {
        byte[] pixels = [.. Enumerable.Range(0, 400).Select(i => (byte)(i * i))];
        var bytes = IdxBytes.Gzip(IdxBytes.Images(1, 20, 20, pixels));
        bytes[place % bytes.Length] ^= change;
        File.WriteAllBytes(_folder.At("d.gz"), bytes);
        try
        {
            return IdxFile.ReadImages(_folder.At("d.gz")).Pixels.Span.SequenceEqual(pixels);
        }
        catch (DatasetException)
        {
            return true;
        }
    }

    private static byte[] Flipped(byte[] bytes, int index) => [.. bytes.Select((b, i) => i == index ? (byte)~b : b)];

    private static string ErrorOf(Action read) => Assert.Throws<DatasetException>(read).Message;

    // The same words whether the bytes are parsed, or read from a plain or a compressed file.
    private void Refused(byte[] contents, string message)
    {
        Assert.Equal($"x: {message}", ErrorOf(() => IdxFile.ParseImages(contents, "x")));
        foreach (var compressed in new[] { false, true })
        {
            var path = Stored(contents, compressed);
            Assert.Equal($"{path}: {message}", ErrorOf(() => IdxFile.ReadImages(path)));
        }
    }

    private string Stored(byte[] contents, bool compressed)
    {
        var path = _folder.At(compressed ? "file.gz" : "file");
        File.WriteAllBytes(path, compressed ? IdxBytes.Gzip(contents) : contents);
        return path;
    }
}
