using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using ActorTrain.Interop;
using ActorTrain.Interop.PyTorch;

namespace ActorTrain.Core.Tests.Interop.PyTorch;

/// <summary>Files of PyTorch's own (see the README beside them), and others that nobody should open.</summary>
public class TorchFileTests
{
    // OrderedDict([('w', a tensor of one storage of 4 float32)]), as torch.save writes it, without its memo.
    private const string One =
        "\u0080\u0002ccollections\nOrderedDict\n)RX\u0001\0\0\0wctorch._utils\n_rebuild_tensor_v2\n"
        + "((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\u00000X\u0003\0\0\0cpuK\u0004tQ";

    private const string End = "\u0089ccollections\nOrderedDict\n)RtRs.";

    [Fact]
    public void What_PyTorch_saves_is_read_with_offsets_strides_and_kinds()
    {
        var tensors = TorchFile.Decode(Saved("tensors.pt"));
        Assert.Equal(
            [
                "fc1.weight", "fc1.bias", "half", "bfloat16", "double", "bn.num_batches_tracked", "expanded", "empty",
            ], tensors.Keys);
        Assert.Equal(Tensor.Arange(12).View(4, 3).T().ToArray(), tensors["fc1.weight"].ToArray());
        Assert.Equal([3, 4], tensors["fc1.weight"].Shape);
        Assert.Equal([3, 6, 9], tensors["fc1.bias"].ToArray());
        Assert.Equal([0.5f, -2], tensors["half"].ToArray());
        Assert.Equal([1.5f, -3], tensors["bfloat16"].ToArray());
        Assert.Equal([2, 1], tensors["bfloat16"].Shape);
        Assert.Equal(0.1f, tensors["double"].Item());
        Assert.Equal(7, tensors["bn.num_batches_tracked"].Item());
        Assert.Equal([2, 2, 2, 2, 2, 2], tensors["expanded"].ToArray());
        Assert.Equal([0, 5], tensors["empty"].Shape);
    }

    [Theory, InlineData("model.pt"), InlineData("protocol4.pt")]
    public void A_model_of_PyTorchs_computes_the_same_here(string file)
    {
        var layer = new Sequential(
            ("fc1", new Linear(4, 3)), ("bn", new BatchNorm1d(3)), ("relu", new ReLU()), ("fc2", new Linear(3, 2)));
        var model = StateDict.Load(layer, TorchFile.Decode(Saved(file), file), file);
        var output = model.Forward(Tensor.Arange(8).View(2, 4) / 4).ToArray();
        float[] expected = [-0.356918f, 0.018426f, -0.368468f, 0.068064f];
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], output[i], 1e-6f);
    }

    [Theory]
    [InlineData(
        "legacy.pt",
        "f: written in the format before PyTorch 1.6; save it again there, without "
        + "_use_new_zipfile_serialization=False.")]
    [InlineData(
        "module.pt",
        "f: it asks for 'torch.nn.modules.container.Sequential', which no state_dict of tensors needs; nothing of it "
        + "was loaded or executed.")]
    [InlineData("checkpoint.pt", "f: 'epoch': no tensor; save model.state_dict() alone.")]
    public void More_than_a_state_dict_is_refused(string file, string message) =>
        Assert.Equal(message, MessageOf(Saved(file)));

    [Theory]
    // pickle.dumps of an object whose __reduce__ is (os.system, ('touch …',))
    [InlineData("\u0080\u0002cposix\nsystem\nX\u0005\0\0\0touch\u0085R.", "posix.system")]
    [InlineData("\u0080\u0004\u008c\u0005posix\u008c\u0006system\u0093\u008c\u0005touch\u0085R.", "posix.system")]
    [InlineData("\u0080\u0002cbuiltins\neval\nX\u0003\0\0\u00001+1\u0085R.", "builtins.eval")]
    [InlineData("\u0080\u0002cbuiltins\ngetattr\n", "builtins.getattr")]
    [InlineData("\u0080\u0002ctorch._utils\n_rebuild_parameter\n", "torch._utils._rebuild_parameter")]
    [InlineData("\u0080\u0002ctorch\nload\n", "torch.load")]
    [InlineData("\u0080\u0002ccollections\nOrderedDict.__init__\n", "collections.OrderedDict.__init__")]
    public void What_a_file_asks_for_is_refused_by_name(string pickle, string name) => Assert.Equal(
        $"f: it asks for '{name}', which no state_dict of tensors needs; nothing of it was loaded or executed.",
        MessageOf(Archive(pickle)));

    [Theory]
    // INST and OBJ build objects too.
    [InlineData("\u0080\u0002(X\u0002\0\0\0idiposix\nsystem\n.", 0x69)]
    [InlineData("\u0080\u0002(cposix", 0)]
    [InlineData("\u0080\u0002(o.", 0x6f)]
    [InlineData("\u0080\u0004\u0081.", 0x81)]
    [InlineData("\u0080\u0002\u0082\u0001.", 0x82)]
    public void Other_instructions_are_refused(string pickle, int instruction) => Assert.Contains(
        instruction == 0 ? "its pickle is damaged" : $"its pickle has instruction 0x{instruction:x2}",
        MessageOf(Archive(pickle)), StringComparison.Ordinal);

    [Fact]
    public void A_tensor_by_hand_is_read()
    {
        var tensor = TorchFile.Decode(Archive($"{One}K\u0001K\u0003\u0085K\u0001\u0085{End}"))["w"];
        Assert.Equal([1, 2, 3], tensor.ToArray());
    }

    [Theory]
    [InlineData(
        "K\u0002K\u0003\u0085K\u0001\u0085",
        "offset 2 and strides (1) of shape [3] lead out of its storage of 4")]
    [InlineData("K\0K\u0003\u0085K\u0002\u0085", "offset 0 and strides (2) of shape [3] lead out of its storage of 4")]
    [InlineData(
        "J\u00ff\u00ff\u00ff\u00ffK\u0001\u0085K\u0001\u0085",
        "offset -1 and strides (1) of shape [1] lead out of")]
    [InlineData(
        "K\u0003K\u0002\u0085J\u00ff\u00ff\u00ff\u00ff\u0085",
        "offset 3 and strides (-1) of shape [2] lead out of")]
    [InlineData(
        "K\0K\u0003\u0085\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f\u0085",
        "offset 0 and strides (9223372036854775807) of shape [3] lead out of")]
    [InlineData("K\0K\u0003\u0085K\u0001K\u0001\u0086", "another number of strides than of sizes")]
    [InlineData("K\0J\u00ff\u00ff\u00ff\u00ff\u0085K\u0001\u0085", "shape [-1]; no tensor has it here")]
    [InlineData("K\0J\u00ff\u00ff\u00ff\u006fJ\u00ff\u00ff\u00ff\u006f\u0086K\0K\0\u0086", "no tensor has it here")]
    [InlineData("K\0J\u00ff\u00ff\u00ff\u006f\u0085K\0\u0085", "more than 2147483648 bytes of tensors are not read")]
    [InlineData("K\0X\u0001\0\0\0a\u0085K\u0001\u0085", "a String where a Int64 should be")]
    public void A_tensor_out_of_its_storage_is_refused(string view, string message) =>
        Assert.Contains(message, MessageOf(Archive(One + view + End)), StringComparison.Ordinal);

    [Fact]
    public void Damaged_files_are_refused()
    {
        var pickle = $"{One}K\0K\u0004\u0085K\u0001\u0085{End}";
        Assert.Equal(4, TorchFile.Decode(Archive(pickle))["w"].Shape.Count);
        for (var length = 0; length < pickle.Length; length++) MessageOf(Archive(pickle[..length]));
        for (var i = 0; i < pickle.Length; i++)
        {
            // Any byte may be anything: a tensor, or one clear error.
            var changed = pickle.ToCharArray();
            changed[i] = (char)(changed[i] ^ 0x11);
            try
            {
                TorchFile.Decode(Archive(new string(changed)));
            }
            catch (InteropException)
            {
            }
        }
        var saved = Saved("model.pt");
        Assert.StartsWith("f: no .pt file, or damaged: ", MessageOf(saved[..^9]), StringComparison.Ordinal);
        Assert.Equal("f: 'a/data/0' is missing in it.", MessageOf(Archive(pickle, storageName: "a/data/1")));
        Assert.Equal(
            "f: storage '0': 15 bytes, where 4 elements of kind F32 should be.",
            MessageOf(Archive(pickle, storage: new byte[15])));
        Assert.Equal("f: no state_dict; save model.state_dict().", MessageOf(Archive("\u0080\u0002K\u0001.")));
        Assert.Equal(
            "f: no .pt file: a zip archive without data.pkl.", MessageOf(Archive(pickle, pickleName: "a/data.txt")));
        Assert.Equal(
            "f: its numbers are stored big-endian; little-endian can be read.",
            MessageOf(Archive(pickle, storageName: "a/byteorder", storage: "big"u8.ToArray())));
    }

    [Fact]
    public void A_damaged_part_is_refused_unless_PyTorch_wrote_no_CRC()
    {
        var saved = Saved("model.pt");
        var weights = TorchFile.Decode(saved)["fc1.weight"].ToArray();
        var bytes = MemoryMarshal.AsBytes(weights.AsSpan());
        var at = saved.AsSpan().IndexOf(bytes);
        saved[at] ^= 1;
        Assert.Equal(
            "f: 'model/data/0' is damaged: its CRC-32 is not the one that the archive says.", MessageOf(saved));
        // Of each entry of the directory, as torch.save leaves it with compute_crc32 = False.
        for (var entry = 0; (entry = Next(saved, entry)) >= 0; entry++)
            BinaryPrimitives.WriteUInt32LittleEndian(saved.AsSpan(entry + 16), 0);
        var read = TorchFile.Decode(saved)["fc1.weight"].ToArray();
        Assert.NotEqual(weights[0], read[0]);
        Assert.Equal(weights[1..], read[1..]);

        static int Next(byte[] bytes, int from) =>
            bytes.AsSpan(from).IndexOf("PK\u0001\u0002"u8) is >= 0 and var found ? from + found : -1;
    }

    [Fact]
    public void A_length_that_an_archive_only_claims_takes_no_memory()
    {
        var bytes = Archive("\u0080\u0002K\u0001.");
        // The directory's first entry, its length.
        var directory = bytes.AsSpan().IndexOf("PK\u0001\u0002"u8);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(directory + 24), int.MaxValue);
        Assert.Matches(
            @"^f: 'a/data\.pkl' has \d+ bytes, of which 2147483647 can't come\.$", MessageOf(bytes));
    }

    private static byte[] Saved(string name) =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Interop", "PyTorch", "Files", name));

    private static string MessageOf(byte[] bytes) =>
        Assert.Throws<InteropException>(() => TorchFile.Decode(bytes, "f")).Message;

    // Of a pickle written as Latin-1, and a storage of 0, 1, 2, 3.
    private static byte[] Archive(
        string pickle, string pickleName = "a/data.pkl", string storageName = "a/data/0", byte[]? storage = null)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using (var entry = archive.CreateEntry(pickleName).Open()) entry.Write(Encoding.Latin1.GetBytes(pickle));
            using (var entry = archive.CreateEntry(storageName).Open())
                entry.Write(storage ?? [.. Enumerable.Range(0, 4).SelectMany(i => BitConverter.GetBytes((float)i))]);
        }
        return bytes.ToArray();
    }
}
