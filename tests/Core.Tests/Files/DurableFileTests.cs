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

    [Fact]
    public void A_link_stays_and_the_file_that_it_names_is_replaced()
    {
        Directory.CreateDirectory(_folder.At("real/below"));
        // A link with .. in a folder that is a link itself: not what the text of the paths says.
        File.CreateSymbolicLink(_folder.At("real/below/link"), "../a");
        Directory.CreateSymbolicLink(_folder.At("folder"), "real/below");
        File.WriteAllText(_folder.At("real/a"), "before");
        DurableFile.Write(_folder.At("folder/link"), "after"u8);
        Assert.Equal("after", File.ReadAllText(_folder.At("real/a")));
        Assert.Equal("../a", new FileInfo(_folder.At("real/below/link")).LinkTarget);
        Assert.Equal([_folder.At("real/a")], Directory.GetFiles(_folder.At("real")));
    }

    [Fact]
    public void A_link_to_a_file_that_is_not_there_yet_makes_it()
    {
        File.CreateSymbolicLink(_folder.At("link"), "a");
        DurableFile.Write(_folder.At("link"), "hello"u8);
        Assert.Equal("hello", File.ReadAllText(_folder.At("a")));
        Assert.Equal("a", new FileInfo(_folder.At("link")).LinkTarget);
    }

    [Fact]
    public async Task Devices_and_pipes_are_written_to_as_they_are()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("needs Linux to tell what a path is");
        File.CreateSymbolicLink(_folder.At("link"), "/dev/null");
        DurableFile.Write(_folder.At("link"), "hello"u8);
        DurableFile.Check(_folder.At("link"));
        Assert.Equal("/dev/null", new FileInfo(_folder.At("link")).LinkTarget);

        using (var make = System.Diagnostics.Process.Start("mkfifo", [_folder.At("pipe")])) make.WaitForExit();
        DurableFile.Check(_folder.At("pipe"));
        var read = Task.Run(() => File.ReadAllText(_folder.At("pipe")), TestContext.Current.CancellationToken);
        DurableFile.Write(_folder.At("pipe"), Parts("one ", "two"));
        Assert.Equal("one two", await read);
        Assert.Equal(["link", "pipe"], _folder.Names.Order(StringComparer.Ordinal));

        var full = Assert.Throws<IOException>(() => DurableFile.Write("/dev/full", "x"u8));
        Assert.StartsWith(
            "/dev/full: not written, or not all of it: No space left on device", full.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_can_not_be_written_is_known_before_and_what_can_is_left_as_it_is()
    {
        File.WriteAllText(_folder.At("a"), "before");
        DurableFile.Check(_folder.At("a"));
        DurableFile.Check(_folder.At("b"));
        Assert.Equal(["a"], _folder.Names);
        Assert.Equal("before", File.ReadAllText(_folder.At("a")));
        Assert.Throws<IOException>(() => DurableFile.Check(_folder.At("no/a")));
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Parts(params IEnumerable<string> parts) =>
        parts.Select(part => new ReadOnlyMemory<byte>(System.Text.Encoding.UTF8.GetBytes(part)));

    private static IEnumerable<ReadOnlyMemory<byte>> PartsThatFail()
    {
        yield return "after"u8.ToArray();
        throw new InvalidOperationException("midway");
    }
}
