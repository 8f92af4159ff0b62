using System.Globalization;
using System.IO.Compression;
using System.Text;
using ActorTrain.Interop;
using ActorTrain.Interop.NumPy;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Interop.NumPy;

public class NumPyTests
{
    // numpy 1.24: save(np.arange(6, dtype='<f4').reshape(2, 3) / 4)
    private const string Saved =
        "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAg"
        + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPgAAAD8AAEA/AACAPwAAoD8=";

    // numpy 1.24: savez_compressed(w=that, **{'fc1.bias': [1.5]})
    private const string SavedArchive =
        "UEsDBBQAAAAIAAAAIQAKnACkVgAAAJgAAAAFABQAdy5ucHkBABAAmAAAAAAAAABWAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKu"
        + "o6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYwaLADEvYMDA5A3ADEC+wBUEsDBBQAAAAIAAAAIQBUeS6DSAAA"
        + "AIQAAAAMABQAZmMxLmJpYXMubnB5AQAQAIQAAAAAAAAASAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SS"
        + "ChJ3S8wpTgWKF2ckFqQC+RqGOpo6CrUKFAAuBoYD9gBQSwECFAMUAAAACAAAACEACpwApFYAAACYAAAABQAAAAAAAAAAAAAAgAEAAAAAdy5u"
        + "cHlQSwECFAMUAAAACAAAACEAVHkug0gAAACEAAAADAAAAAAAAAAAAAAAgAGNAAAAZmMxLmJpYXMubnB5UEsFBgAAAAACAAIAbQAAABMBAAAA"
        + "AA==";

    private static readonly Tensor Six = Tensor.Arange(6).View(2, 3) / 4;

    public static TheoryData<string, string> Bytes => new()
    {
        { "<f8", "0000000000000000000000000000f03f00000000000000400000000000000840" },
        { "<f2", "0000003c00400042" },
        { ">f4", "000000003f8000004000000040400000" },
        { "<i8", "0000000000000000010000000000000002000000000000000300000000000000" },
        { "<i4", "00000000010000000200000003000000" },
        { "<u2", "0000010002000300" },
        { "|i1", "00010203" },
        { "|u1", "00010203" },
    };

    [Fact]
    public void What_NumPy_saves_is_read_and_written_byte_for_byte()
    {
        var bytes = Convert.FromBase64String(Saved);
        var tensor = Npy.Decode(bytes);
        Assert.Equal([2, 3], tensor.Shape);
        Assert.Equal(Six.ToArray(), tensor.ToArray());
        Assert.Equal(bytes, Npy.Encode(Six));
        Assert.Equal(bytes, Npy.Encode(Six.T().Contiguous().T()));
    }

    [Theory, MemberData(nameof(Bytes))]
    public void Numbers_of_other_kinds_become_float32(string type, string elements) => Assert.Equal(
        [0, 1, 2, 3], Npy.Decode(File(Header(type, "(2, 2)"), elements)).ToArray());

    [Fact]
    public void Whole_numbers_of_any_size_are_read_where_float32_has_them() => Assert.Equal(
        [-9223372036854775808f, 9007199254740992f],
        Npy.Decode(File(Header("<i8", "(2,)"), "00000000000000800000000000002000")).ToArray());

    [Fact]
    public void Arrays_in_Fortrans_order_scalars_and_empty_ones_are_read()
    {
        var fortran = Header("<f4", "(2, 3)").Replace("False", "True", StringComparison.Ordinal);
        var tensor = Npy.Decode(File(fortran, "000000000000403f0000803e0000803f0000003f0000a03f"));
        Assert.Equal(Six.ToArray(), tensor.ToArray());
        Assert.Equal([2, 3], tensor.Shape);
        Assert.Equal(2.5f, Npy.Decode(File(Header("<f4", "()"), "00002040")).Item());
        Assert.Equal([0, 3], Npy.Decode(File(Header("<f4", "(0, 3)"), "")).Shape);
        Assert.Equal([3], Npy.Decode(File(Header("|b1", "(3,)"), "010001")).Shape);
    }

    [Property]
    public bool What_is_written_is_read_again(byte rank, ulong seed)
    {
        var shape = Shape.Create([.. Enumerable.Range(0, rank % 7).Select(d => 1 + (int)((seed >> (2 * d)) & 3))]);
        var tensor = Tensor.Randn(shape, seed);
        var (array, archive) = (
            Npy.Decode(Npy.Encode(tensor)),
            Npz.Decode(Npz.Encode([new("a", tensor), new("b.weight", tensor * 2)])));
        return array.Shape == shape && array.ToArray().SequenceEqual(tensor.ToArray())
            && archive["a"].ToArray().SequenceEqual(tensor.ToArray())
            && archive["b.weight"].ToArray().SequenceEqual((tensor * 2).ToArray());
    }

    [Fact]
    public void An_archive_of_NumPys_is_read()
    {
        var tensors = Npz.Decode(Convert.FromBase64String(SavedArchive));
        Assert.Equal(["w", "fc1.bias"], tensors.Keys);
        Assert.Equal(Six.ToArray(), tensors["w"].ToArray());
        Assert.Equal([1.5f], tensors["fc1.bias"].ToArray());
    }

    [Fact]
    public void The_same_tensors_give_the_same_bytes() =>
        Assert.Equal(Npz.Encode([new("a", Six)]), Npz.Encode([new("a", Six)]));

    [Fact]
    public void What_can_not_be_read_is_told()
    {
        Assert.Equal("a.npy: no .npy file: it does not begin with \\x93NUMPY.", MessageOf("no array, but a text"u8));
        Assert.Equal(
            "a.npy: elements of type '|O'; floats, whole numbers and booleans can be read, nothing is executed.",
            MessageOf(File(Header("|O", "(1,)"), "80")));
        Assert.Equal(
            "a.npy: 4 bytes of elements, where [2] of '<f4' has 8.",
            MessageOf(File(Header("<f4", "(2,)"), "00000000")));
        Assert.Equal(
            "a.npy: the whole number 16777217, which is no float32.",
            MessageOf(File(Header("<i4", "(1,)"), "01000001")));
        Assert.Equal(
            "a.npy: the whole number 9007199254740993, which is no float32.",
            MessageOf(File(Header("<i8", "(1,)"), "0100000000002000")));
        Assert.Equal(
            "a.npy: the whole number 18446744073709551615, which is no float32.",
            MessageOf(File(Header("<u8", "(1,)"), "ffffffffffffffff")));
        Assert.Equal(
            "a.npy: more elements than an array can hold.", MessageOf(File(Header("<f4", "(99999, 99999)"), "")));
        Assert.Equal(
            "a.npy: 7 dimensions; 6 can be read.", MessageOf(File(Header("<f4", "(1, 1, 1, 1, 1, 1, 1)"), "00000000")));
        Assert.Equal("a.npy: a header that can't be read: {'descr': 1}.", MessageOf(File("{'descr': 1}", "")));
        var version = File(Header("<f4", "()"), "00000000");
        version[6] = 4;
        Assert.Equal("a.npy: version 4 of the format; 1 to 3 can be read.", MessageOf(version));
        for (var length = 0; length < 128; length++)
            Assert.Throws<InteropException>(() => Npy.Decode(Convert.FromBase64String(Saved).AsSpan(0, length)));

        static string MessageOf(ReadOnlySpan<byte> bytes)
        {
            var copy = bytes.ToArray();
            return Assert.Throws<InteropException>(() => Npy.Decode(copy, "a.npy")).Message;
        }
    }

    [Fact]
    public void An_archive_that_can_not_be_read_is_told()
    {
        Assert.StartsWith(
            "a.npz: no .npz file, or damaged: ",
            Assert.Throws<InteropException>(() => Npz.Decode([1, 2, 3], "a.npz")).Message, StringComparison.Ordinal);
        Assert.Equal(
            "a.npz: 'w.npy' has 152 bytes; at most 100 are read.",
            Assert.Throws<InteropException>(
                () => Npz.Decode(Convert.FromBase64String(SavedArchive), "a.npz", mostBytes: 100)).Message);
        Assert.Equal(
            "a.npz: 'readme.txt' is no .npy.",
            Assert.Throws<InteropException>(() => Npz.Decode(Archive("readme.txt", [1]), "a.npz")).Message);
        Assert.Equal(
            "a.npz: x: no .npy file: it does not begin with \\x93NUMPY.",
            Assert.Throws<InteropException>(() => Npz.Decode(Archive("x.npy", [1]), "a.npz")).Message);
        var stored = Archive("x.npy", Npy.Encode(Six), CompressionLevel.NoCompression);
        stored[stored.AsSpan().IndexOf("PK\u0001\u0002"u8) - 20] ^= 1;
        Assert.Equal(
            "a.npz: 'x.npy' is damaged: its CRC-32 is not the one that the archive says.",
            Assert.Throws<InteropException>(() => Npz.Decode(stored, "a.npz")).Message);
        Assert.StartsWith(
            "Npz: an array is named 'a'; give each a name of its own.",
            Assert.Throws<ArgumentException>(() => Npz.Encode([new("a", Six), new("a", Six)])).Message,
            StringComparison.Ordinal);
    }

    [Property(MaxTest = 1000)]
    public bool A_damaged_file_is_an_error_or_holds_an_array(ushort place, byte change, ushort end)
    {
        var bytes = Convert.FromBase64String(Saved);
        bytes[place % bytes.Length] ^= change;
        return Holds(() => Npy.Decode(bytes)) && Holds(() => Npy.Decode(bytes.AsSpan(0, end % bytes.Length)));
    }

    [Property(MaxTest = 1000)]
    public bool A_damaged_archive_is_an_error_or_holds_the_same_numbers(ushort place, byte change, ushort end)
    {
        var bytes = Convert.FromBase64String(SavedArchive);
        var whole = Numbers(bytes);
        bytes[place % bytes.Length] ^= change;
        // Names and times are no part of a sum.
        return Holds(() => Assert.Equal(whole, Numbers(bytes)))
            && Holds(() => Npz.Decode(bytes[..(end % bytes.Length)]));

        static float[] Numbers(byte[] archive) => [.. Npz.Decode(archive).Values.SelectMany(x => x.ToArray())];
    }

    // True too where it is refused as it should be; another exception fails the test.
    private static bool Holds(Action decode)
    {
        try
        {
            decode();
        }
        catch (InteropException)
        {
        }
        return true;
    }

    private static byte[] Archive(
        string name, byte[] contents, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = archive.CreateEntry(name, level).Open()) entry.Write(contents);
        return bytes.ToArray();
    }

    private static string Header(string type, string shape) => string.Create(
        CultureInfo.InvariantCulture, $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}");

    private static byte[] File(string header, string elements) =>
    [
        0x93, .. "NUMPY"u8, 1, 0, (byte)(header.Length + 1), 0, .. Encoding.ASCII.GetBytes(header), (byte)'\n',
        .. Convert.FromHexString(elements),
    ];
}
