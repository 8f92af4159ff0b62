using ActorTrain.Core.Tests.Files;
using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Data;

/// <summary>Images that stay in their file are the same to everybody as images in memory.</summary>
public sealed class StreamedSplitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Split _memory = Tiny.Data.Train;
    private readonly Split _streamed;

    public StreamedSplitTests()
    {
        Write("images", IdxBytes.Images((uint)_memory.Count, 2, 2, _memory.Pixels));
        Write("labels", IdxBytes.Labels((uint)_memory.Count, _memory.Labels));
        _streamed = Split.Load(_folder.At("images"), _folder.At("labels"), mostBytesInMemory: 16);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_has_the_same_hash_images_and_normalisation()
    {
        Assert.Equal(_memory.Sha256, _streamed.Sha256);
        for (var i = 0; i < _memory.Count; i++) Assert.Equal(_memory.Image(i).ToArray(), _streamed.Image(i).ToArray());
        Assert.Equal(_memory.Normalization, _streamed.Normalization);
    }

    [Fact]
    public void A_run_on_it_ends_with_the_same_weights()
    {
        var data = Dataset.Combine("tiny", _streamed, Tiny.Data.Test, classes: 2);
        var ct = TestContext.Current.CancellationToken;
        Assert.Equal(
            Trainer.Train(Tiny.Recipe, Tiny.Data, cancellation: ct).State.Parameters.Sha256(),
            Trainer.Train(Tiny.Recipe, data, cancellation: ct).State.Parameters.Sha256());
    }

    [Fact]
    public void A_part_of_it_is_the_same_part()
    {
        var (part, same) = (_streamed.Slice(3, 30).Slice(1, 20), _memory.Slice(4, 20));
        Assert.Equal(same.Sha256, part.Sha256);
        Assert.Equal(_memory.Image(23).ToArray(), part.Image(19).ToArray());
        Assert.Equal(same.Normalization, part.Normalization);
    }

    [Fact]
    public void Its_pixels_are_not_in_memory() => Assert.Equal(
        $"Split.Pixels: the pixels of {_folder.At("images")} are not in memory, it is larger than 268435456 bytes; "
        + "use Image.",
        Assert.Throws<InvalidOperationException>(() => _streamed.Pixels.Length).Message);

    [Fact]
    public void A_small_or_compressed_file_is_read_as_a_whole()
    {
        Write("images.gz", IdxBytes.Gzip(IdxBytes.Images((uint)_memory.Count, 2, 2, _memory.Pixels)));
        Assert.Equal(
            160, Split.Load(_folder.At("images.gz"), _folder.At("labels"), mostBytesInMemory: 16).Pixels.Length);
        Assert.Equal(160, Split.Load(_folder.At("images"), _folder.At("labels"), mostBytesInMemory: 176).Pixels.Length);
    }

    [Fact]
    public void A_file_that_is_cut_off_before_or_while_it_is_used_is_told()
    {
        Write("images", [.. IdxBytes.Images((uint)_memory.Count, 2, 2, _memory.Pixels).AsSpan(..175)]);
        Assert.Equal(
            $"{_folder.At("images")}: cut off while it was in use; expected 176 bytes, as at the start.",
            Assert.Throws<DatasetException>(() => { _streamed.Image(39); }).Message);
        Assert.Equal(
            $"{_folder.At("images")}: truncated to 175 bytes; expected 176 bytes: 40 images of 2x2 pixels after a "
            + "header of 16.",
            Assert.Throws<DatasetException>(() => Split.Load(_folder.At("images"), _folder.At("labels"), 16)).Message);
    }

    [Fact]
    public void Labels_that_do_not_fit_and_images_that_nobody_can_count_are_refused()
    {
        Write("few", IdxBytes.Labels(2, 0, 1));
        Assert.Equal(
            $"{_folder.At("few")}: 2 labels; expected 40, one for each image of {_folder.At("images")}.",
            Assert.Throws<DatasetException>(() => Split.Load(_folder.At("images"), _folder.At("few"), 16)).Message);
        Write("many", [.. IdxBytes.Words(0x803, 4294967295, 1, 1), 0]);
        Assert.Contains(
            "4294967295 images; expected at most 2147483591.",
            Assert.Throws<DatasetException>(() => Split.Load(_folder.At("many"), _folder.At("labels"), 16)).Message,
            StringComparison.Ordinal);
    }

    // Over what is there, so that a file in use is the same file.
    private void Write(string name, byte[] contents)
    {
        using var file = new FileStream(_folder.At(name), FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        file.Write(contents);
    }
}
