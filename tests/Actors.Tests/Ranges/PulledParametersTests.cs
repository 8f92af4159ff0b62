using System.Collections.Immutable;
using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors.Tests.Ranges;

public class PulledParametersTests
{
    private static readonly ImmutableArray<ParameterRange> Ranges = [new(0, 16), new(16, 24)];

    private readonly PulledParameters _parameters = new(Ranges);

    [Fact]
    public async Task Ranges_are_filled_side_by_side_and_whoever_needs_the_beginning_waits_for_it_only()
    {
        var vector = _parameters.Begin(7);
        Arrive(1, version: 7, from: 16, to: 40, value: 2);
        var waiting = Task.Run(() => _parameters.Await(7, 40), TestContext.Current.CancellationToken);
        Arrive(0, version: 7, from: 0, to: 8, value: 1);
        _parameters.Await(7, 8);
        Assert.False(waiting.IsCompleted);
        Arrive(0, version: 7, from: 8, to: 16, value: 1);
        await waiting;
        Assert.Equal([.. Enumerable.Repeat(1f, 16), .. Enumerable.Repeat(2f, 24)], vector.Span.ToArray());
    }

    [Fact]
    public async Task Whoever_waits_for_an_older_version_is_sent_away_when_a_newer_one_is_wanted()
    {
        _parameters.Begin(7);
        var waiting = Task.Run(() => _parameters.Await(7, 40), TestContext.Current.CancellationToken);
        _parameters.Begin(8);
        var e = await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
        Assert.Equal("the rest of the parameters did not come", e.Message);
    }

    [Fact]
    public void Whoever_waits_is_sent_away_when_no_more_will_come_but_not_from_what_is_there()
    {
        _parameters.Begin(7);
        Arrive(0, version: 7, from: 0, to: 16, value: 1);
        _parameters.Lose();
        _parameters.Await(7, 16);
        Assert.Throws<OperationCanceledException>(() => _parameters.Await(7, 17));
    }

    [Fact]
    public async Task Whoever_waits_for_a_version_that_is_gone_is_sent_away()
    {
        _parameters.Begin(7);
        Arrive(0, version: 7, from: 0, to: 16, value: 1);
        var waiting = Task.Run(() => _parameters.Await(7, 40), TestContext.Current.CancellationToken);
        _parameters.Refuse(6);
        _parameters.Refuse(7);
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
        Arrive(1, version: 7, from: 16, to: 40, value: 2);
        Assert.Throws<OperationCanceledException>(() => _parameters.Await(7, 1));
        _parameters.Begin(8);
    }

    [Fact]
    public void A_newer_version_leaves_the_one_before_as_it_is()
    {
        var old = _parameters.Begin(7);
        Arrive(0, version: 7, from: 0, to: 16, value: 1);
        Arrive(1, version: 7, from: 16, to: 40, value: 1);
        Assert.NotSame(old, _parameters.Begin(8));
        Arrive(0, version: 8, from: 0, to: 16, value: 2);
        Arrive(0, version: 7, from: 0, to: 16, value: 3, isPlaced: false);
        Assert.Equal(Enumerable.Repeat(1f, 40), old.Span.ToArray());
        Assert.Same(old, _parameters.Begin(9));
        Arrive(0, version: 7, from: 0, to: 16, value: 4);
        Assert.Throws<OperationCanceledException>(() => _parameters.Await(7, 1));
    }

    [Theory]
    [InlineData(0, 7L, 8, 16)]
    [InlineData(0, 7L, 0, 24)]
    [InlineData(1, 7L, 0, 16)]
    [InlineData(0, 8L, 0, 16)]
    public void A_piece_that_does_not_follow_or_was_not_wanted_has_no_place(int range, long version, int from, int to)
    {
        _parameters.Begin(7);
        Assert.False(_parameters.TryPlace(range, Header(version, from, to), out _));
    }

    private void Arrive(int range, long version, int from, int to, float value, bool isPlaced = true)
    {
        var header = Header(version, from, to);
        Assert.Equal(isPlaced, _parameters.TryPlace(range, header, out var place));
        if (!isPlaced) return;
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(place.Span).Fill(value);
        _parameters.Advance(range, header);
    }

    private static BulkHeader Header(long version, int from, int to) =>
        RangeFrames.PieceOf(1, version, (to - from) * sizeof(float), from, isLast: false);
}
