using ActorTrain.Actors.Bulk;

namespace ActorTrain.Actors.Tests.Bulk;

public class BulkHeaderTests
{
    private static readonly BulkHeader Header = new(
        BulkKind.GradientAnswer,
        BulkEncoding.BFloat16,
        WorkKind: 1,
        Level: 2,
        Incarnation: 0x0102030405060708,
        Version: 412,
        Step: 413,
        Index: 3,
        PayloadBytes: 437544,
        LossSum: 1.5,
        Correct: 60,
        Rows: 64);

    // Frozen: nodes of different versions say so by their hello, not by garbled frames.
    private const string Golden =
        "41544231" + "04010102" + "0807060504030201" + "9c01000000000000" + "9d01000000000000" + "03000000" + "28ad0600"
        + "000000000000f83f" + "3c000000" + "40000000" + "0000000000000000";

    [Fact]
    public void The_bytes_of_a_header_never_change()
    {
        var bytes = new byte[BulkHeader.Bytes];
        Array.Fill(bytes, (byte)0xFF);
        Header.Write(bytes);
        Assert.Equal(Golden, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void A_header_is_read_as_it_was_written()
    {
        Assert.True(BulkHeader.TryRead(Convert.FromHexString(Golden), out var header, out var error));
        Assert.Null(error);
        Assert.Equal(Header, header);
    }

    [Theory]
    [InlineData(0, "42", "not a frame of the bulk path")]
    [InlineData(4, "00", "an unknown kind of frame")]
    [InlineData(4, "13", "an unknown kind of frame")]
    [InlineData(5, "04", "an unknown encoding")]
    [InlineData(15, "80", "a negative number")]
    [InlineData(35, "ff", "a negative number")]
    [InlineData(39, "80", "a length that its kind does not have")]
    [InlineData(4, "03", "a length that its kind does not have")]
    [InlineData(4, "01", "a length that its kind does not have")]
    [InlineData(4, "06", "a length that its kind does not have")]
    [InlineData(4, "0f", "a length that its kind does not have")]
    [InlineData(4, "10", "a length that its kind does not have")]
    [InlineData(4, "12", "a length that its kind does not have")]
    [InlineData(36, "00000000", "a length that its kind does not have", "11")]
    [InlineData(36, "04000000", "a length that its kind does not have", "11")]
    [InlineData(60, "02", "flags that are not known")]
    [InlineData(63, "01", "flags that are not known")]
    public void A_header_that_no_session_can_mean_is_refused(
        int offset, string bytes, string expected, string kind = "04")
    {
        var header = Convert.FromHexString(Golden);
        Convert.FromHexString(kind).CopyTo(header, 4);
        Convert.FromHexString(bytes).CopyTo(header, offset);
        Assert.False(BulkHeader.TryRead(header, out var read, out var error));
        Assert.Equal(default, read);
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Half_a_header_is_refused()
    {
        Assert.False(BulkHeader.TryRead(new byte[BulkHeader.Bytes - 1], out _, out var error));
        Assert.Equal("a header is cut off", error);
    }

    [Fact]
    public void A_token_is_read_as_it_was_written_and_never_shown()
    {
        var token = BulkToken.Create();
        var bytes = new byte[BulkToken.Bytes];
        token.Write(bytes);
        Assert.Equal(token, BulkToken.Read(bytes));
        Assert.NotEqual(token, BulkToken.Create());
        Assert.Equal("token", token.ToString());
    }

    [Fact]
    public void Floats_are_seen_as_their_bytes_without_a_copy()
    {
        float[] floats = [1f, -2f];
        var bytes = FloatBytes.Of(floats);
        Assert.Equal("0000803f000000c0", Convert.ToHexStringLower(bytes.Span));
        floats[0] = 0;
        Assert.Equal("00000000000000c0", Convert.ToHexStringLower(bytes.Span));
    }
}
