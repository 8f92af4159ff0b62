namespace ActorTrain.Core.Tests.Files;

public sealed class DurableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_file_holds_what_was_written_and_nothing_lies_beside_it()
    {
        DurableFile.Write(_folder.At("a"), "hello"u8);
        Assert.Equal("hello", File.ReadAllText(_folder.At("a")));
        Assert.Equal(["a"], _folder.Names);
    }

    [Fact]
    public void Parts_are_written_one_after_another_over_the_old_file()
    {
        File.WriteAllText(_folder.At("a"), "a longer text from before");
        DurableFile.Write(_folder.At("a"), Parts("one ", "two"));
        Assert.Equal("one two", File.ReadAllText(_folder.At("a")));
        Assert.Equal(["a"], _folder.Names);
    }

    [Fact]
    public void If_writing_fails_midway_the_old_file_is_intact_and_nothing_lies_beside_it()
    {
        File.WriteAllText(_folder.At("a"), "before");
        var error = Assert.Throws<InvalidOperationException>(() => DurableFile.Write(_folder.At("a"), PartsThatFail()));
        Assert.Equal("midway", error.Message);
        Assert.Equal("before", File.ReadAllText(_folder.At("a")));
        Assert.Equal(["a"], _folder.Names);
    }

    [Fact]
    public void The_old_file_is_there_in_full_until_the_new_one_is_complete()
    {
        File.WriteAllText(_folder.At("a"), "before");
        DurableFile.Write(_folder.At("a"), Watching());
        Assert.Equal("after", File.ReadAllText(_folder.At("a")));

        IEnumerable<ReadOnlyMemory<byte>> Watching()
        {
            yield return "aft"u8.ToArray();
            Assert.Equal("before", File.ReadAllText(_folder.At("a")));
            Assert.EndsWith(DurableFile.UnfinishedSuffix, Assert.Single(_folder.Names, name => name != "a"),
                StringComparison.Ordinal);
            yield return "er"u8.ToArray();
        }
    }

    [Fact]
    public void A_failure_of_the_disk_names_the_file_and_leaves_no_trace()
    {
        var path = _folder.At("a");
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "inside"), "before");
        var error = Assert.ThrowsAny<SystemException>(() => DurableFile.Write(path, "x"u8));
        Assert.True(error is IOException or UnauthorizedAccessException, error.ToString());
        Assert.StartsWith(
            $"{path}: not written, the file there before is unchanged: ", error.Message, StringComparison.Ordinal);
        Assert.Equal("before", File.ReadAllText(Path.Combine(path, "inside")));
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public void A_missing_folder_is_an_error_that_names_the_file()
    {
        var path = Path.Combine(_folder.At("no"), "a");
        var error = Assert.Throws<IOException>(() => DurableFile.Write(path, "x"u8));
        Assert.StartsWith($"{path}: not written, the file there before is unchanged: Could not find a part of the path",
            error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Parts(params IEnumerable<string> parts) =>
        parts.Select(part => new ReadOnlyMemory<byte>(System.Text.Encoding.UTF8.GetBytes(part)));

    private static IEnumerable<ReadOnlyMemory<byte>> PartsThatFail()
    {
        yield return "after"u8.ToArray();
        throw new InvalidOperationException("midway");
    }
}
