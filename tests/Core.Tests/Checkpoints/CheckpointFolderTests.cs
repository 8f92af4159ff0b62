using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Files;

namespace ActorTrain.Core.Tests.Checkpoints;

public sealed class CheckpointFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Only_the_last_ones_are_kept()
    {
        var folder = new CheckpointFolder(_folder.Path, keep: 2);
        foreach (var step in new[] { 5, 10, 938, 1000 }) folder.Save(step, Checkpoint(step));
        Assert.Equal(["step-000000000938.checkpoint", "step-000000001000.checkpoint"], _folder.Names);
    }

    [Fact]
    public void The_newest_by_step_is_found()
    {
        var folder = new CheckpointFolder(_folder.Path, keep: 3);
        foreach (var step in new[] { 9, 10, 100 }) folder.Save(step, Checkpoint(step));
        var search = folder.Newest();
        Assert.Equal(100, search.Found!.Step);
        Assert.Equal(_folder.At("step-000000000100.checkpoint"), search.Found.Path);
        Assert.Equal("{\"step\":100}", search.Found.Contents.Header);
        Assert.Empty(search.Skipped);
    }

    [Fact]
    public void Damaged_ones_are_skipped_reported_and_left_where_they_are()
    {
        var folder = new CheckpointFolder(_folder.Path, keep: 3);
        foreach (var step in new[] { 1, 2, 3 }) folder.Save(step, Checkpoint(step));
        File.WriteAllText(_folder.At("step-000000000003.checkpoint"), "hello, world");
        File.WriteAllBytes(_folder.At("step-000000000002.checkpoint"), []);
        var search = folder.Newest();
        Assert.Equal(1, search.Found!.Step);
        Assert.Equal(
            [
                $"{_folder.At("step-000000000003.checkpoint")}: not an ActorTrain checkpoint: "
            + "it begins with 68656c6c6f2c2077.",
                $"{_folder.At("step-000000000002.checkpoint")}: empty, not an ActorTrain checkpoint.",
            ],
            search.Skipped.Select(e => e.Message));
        Assert.Equal(3, _folder.Names.Length);
    }

    [Fact]
    public void A_run_that_went_back_keeps_what_it_saves_although_damaged_ones_have_higher_steps()
    {
        var folder = new CheckpointFolder(_folder.Path, keep: 1);
        File.WriteAllText(_folder.At("step-000000000090.checkpoint"), "damaged");
        folder.Save(50, Checkpoint(50));
        folder.Save(60, Checkpoint(60));
        Assert.Equal(60, folder.Newest().Found!.Step);
        Assert.Equal(["step-000000000060.checkpoint", "step-000000000090.checkpoint"], _folder.Names);
    }

    [Fact]
    public void If_all_are_damaged_none_is_found_and_none_deleted()
    {
        File.WriteAllText(_folder.At("step-000000000001.checkpoint"), "x");
        var search = new CheckpointFolder(_folder.Path, keep: 1).Newest();
        Assert.Null(search.Found);
        Assert.Single(search.Skipped);
        Assert.Single(_folder.Names);
    }

    [Fact]
    public void A_folder_that_does_not_exist_has_none_and_the_first_save_makes_it()
    {
        var folder = new CheckpointFolder(_folder.At("new"), keep: 1);
        Assert.Null(folder.Newest().Found);
        folder.Save(0, Checkpoint(0));
        Assert.Equal(0, folder.Newest().Found!.Step);
    }

    [Fact]
    public void What_a_crash_left_unfinished_is_ignored_and_goes_with_the_next_save()
    {
        var folder = new CheckpointFolder(_folder.Path, keep: 5);
        folder.Save(1, Checkpoint(1));
        File.WriteAllText(_folder.At("step-000000000002.checkpoint.0123" + DurableFile.UnfinishedSuffix), "half");
        File.WriteAllText(_folder.At("notes.txt"), "the user's");
        var search = folder.Newest();
        Assert.Equal(1, search.Found!.Step);
        Assert.Empty(search.Skipped);
        folder.Save(3, Checkpoint(3));
        Assert.Equal(["notes.txt", "step-000000000001.checkpoint", "step-000000000003.checkpoint"], _folder.Names);
    }

    [Fact]
    public void A_save_that_fails_deletes_nothing()
    {
        var folder = new CheckpointFolder(_folder.Path, keep: 1);
        folder.Save(1, Checkpoint(1));
        Directory.CreateDirectory(_folder.At("step-000000000002.checkpoint"));
        Assert.ThrowsAny<SystemException>(() => folder.Save(2, Checkpoint(2)));
        Assert.Equal(1, folder.Newest().Found!.Step);
        Assert.Equal(["step-000000000001.checkpoint"], _folder.Names);
    }

    [Fact]
    public void The_newest_of_those_that_are_wanted_is_found()
    {
        var folder = new CheckpointFolder(_folder.Path, keep: 3);
        foreach (var step in new[] { 1, 2, 3 }) folder.Save(step, Checkpoint(step));
        Assert.Equal(2, folder.Newest(header => header != "{\"step\":3}").Found!.Step);
    }

    [Fact]
    public void What_is_set_aside_is_found_no_more_and_deleted_by_no_save()
    {
        var folder = new CheckpointFolder(_folder.Path, keep: 1);
        folder.Save(90, Checkpoint(90));
        Assert.Equal(_folder.At("set-aside-1"), folder.SetAside(header => header == "{\"step\":90}"));
        folder.Save(100, Checkpoint(100));
        Assert.Null(folder.SetAside(header => header == "{\"step\":90}"));
        Assert.Equal(100, folder.Newest().Found!.Step);
        Assert.Equal(["step-000000000100.checkpoint"], _folder.Names);
        Assert.True(File.Exists(_folder.At("set-aside-1/step-000000000090.checkpoint")));
        Assert.Equal(_folder.At("set-aside-2"), folder.SetAside(_ => true));
    }

    [Fact]
    public void Damaged_ones_are_not_set_aside()
    {
        File.WriteAllText(_folder.At("step-000000000003.checkpoint"), "hello, world");
        Assert.Null(new CheckpointFolder(_folder.Path, keep: 1).SetAside(_ => true));
        Assert.Equal(["step-000000000003.checkpoint"], _folder.Names);
    }

    [Fact]
    public void Keeping_none_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>("keep", () => new CheckpointFolder("x", keep: 0));

    private static byte[] Checkpoint(long step) =>
        CheckpointFormat.Encode($"{{\"step\":{step}}}", FlatVector.From([step]));
}
