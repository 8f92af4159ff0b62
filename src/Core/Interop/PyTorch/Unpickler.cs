using System.Buffers.Binary;
using System.Text;

namespace ActorTrain.Interop.PyTorch;

/// <summary>The instructions of Python's pickle protocols 2 to 4 that a state_dict of tensors needs.</summary>
internal enum PickleOpcode : byte
{
    Proto = 0x80,
    Frame = 0x95,
    Stop = (byte)'.',
    Mark = (byte)'(',
    EmptyDict = (byte)'}',
    EmptyTuple = (byte)')',
    Tuple = (byte)'t',
    Tuple1 = 0x85,
    Tuple2 = 0x86,
    Tuple3 = 0x87,
    Global = (byte)'c',
    StackGlobal = 0x93,
    Reduce = (byte)'R',
    Build = (byte)'b',
    SetItem = (byte)'s',
    SetItems = (byte)'u',
    PersistentId = (byte)'Q',
    BinPut = (byte)'q',
    LongBinPut = (byte)'r',
    Memoize = 0x94,
    BinGet = (byte)'h',
    LongBinGet = (byte)'j',
    BinUnicode = (byte)'X',
    ShortBinUnicode = 0x8c,
    BinInt = (byte)'J',
    BinInt1 = (byte)'K',
    BinInt2 = (byte)'M',
    Long1 = 0x8a,
    NewTrue = 0x88,
    NewFalse = 0x89,
}

/// <summary>
/// Reads a pickle as data. A global name is looked up in a table of this class's and nowhere else, so nothing that a
/// file names is ever loaded or called.
/// </summary>
/// <param name="pickle">Its bytes.</param>
/// <param name="file">Names the file in errors.</param>
internal sealed class Unpickler(byte[] pickle, string file)
{
    private static readonly Dictionary<string, object> Globals = new()
    {
        ["collections.OrderedDict"] = PickledFunction.OrderedDict,
        ["torch._utils._rebuild_tensor_v2"] = PickledFunction.RebuildTensor,
        ["torch.FloatStorage"] = ElementKind.Float32,
        ["torch.DoubleStorage"] = ElementKind.Float64,
        ["torch.HalfStorage"] = ElementKind.Float16,
        ["torch.BFloat16Storage"] = ElementKind.BFloat16,
        ["torch.LongStorage"] = ElementKind.Int64,
        ["torch.IntStorage"] = ElementKind.Int32,
        ["torch.ShortStorage"] = ElementKind.Int16,
        ["torch.CharStorage"] = ElementKind.Int8,
        ["torch.ByteStorage"] = ElementKind.UInt8,
        ["torch.BoolStorage"] = ElementKind.Boolean,
    };

    private readonly List<object> _stack = [];
    private readonly Stack<int> _marks = [];
    private readonly Dictionary<uint, object> _memo = [];
    private int _at;

    /// <summary>What the pickle holds.</summary>
    /// <exception cref="InteropException">It is damaged, or needs more than a state_dict of tensors does.</exception>
    public object Read()
    {
        while (true)
        {
            var opcode = (PickleOpcode)Take(1)[0];
            if (opcode == PickleOpcode.Stop) return Pop();
            if (!TryChange(opcode)) _stack.Add(Value(opcode));
        }
    }

    // Instructions that put nothing new on the stack.
    private bool TryChange(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto: Take(1); return true;
            case PickleOpcode.Frame: Take(sizeof(ulong)); return true;
            case PickleOpcode.Mark: _marks.Push(_stack.Count); return true;
            case PickleOpcode.BinPut: _memo[Take(1)[0]] = Peek(); return true;
            case PickleOpcode.LongBinPut: _memo[UInt32()] = Peek(); return true;
            case PickleOpcode.Memoize: _memo[(uint)_memo.Count] = Peek(); return true;
            // An object's attributes: torch keeps the layers' versions there.
            case PickleOpcode.Build: Pop(); _ = As<PickledDict>(Peek()); return true;
            case PickleOpcode.SetItem: SetItems(PopLast(2)); return true;
            case PickleOpcode.SetItems: SetItems(PopToMark()); return true;
            default: return false;
        }
    }

    private object Value(PickleOpcode opcode) => opcode switch
    {
        PickleOpcode.EmptyDict => new PickledDict(),
        PickleOpcode.EmptyTuple => new PickledTuple([]),
        PickleOpcode.Tuple => new PickledTuple(PopToMark()),
        PickleOpcode.Tuple1 => new PickledTuple(PopLast(1)),
        PickleOpcode.Tuple2 => new PickledTuple(PopLast(2)),
        PickleOpcode.Tuple3 => new PickledTuple(PopLast(3)),
        PickleOpcode.Global => Named($"{Line()}.{Line()}"),
        PickleOpcode.StackGlobal => StackGlobal(),
        PickleOpcode.Reduce => Reduce(As<PickledTuple>(Pop()).Items, Pop()),
        PickleOpcode.PersistentId => Storage(As<PickledTuple>(Pop()).Items),
        PickleOpcode.BinGet => Remembered(Take(1)[0]),
        PickleOpcode.LongBinGet => Remembered(UInt32()),
        PickleOpcode.BinUnicode => Encoding.UTF8.GetString(Take(UInt32())),
        PickleOpcode.ShortBinUnicode => Encoding.UTF8.GetString(Take(Take(1)[0])),
        PickleOpcode.BinInt => (long)(int)UInt32(),
        PickleOpcode.BinInt1 => (long)Take(1)[0],
        PickleOpcode.BinInt2 => (long)BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort))),
        PickleOpcode.Long1 => Long1(),
        PickleOpcode.NewTrue => true,
        PickleOpcode.NewFalse => false,
        _ => throw new InteropException(
            file, $"its pickle has instruction 0x{(byte)opcode:x2} at {_at - 1}, which no state_dict of tensors needs; "
            + "save model.state_dict() alone"),
    };

    private object Named(string name) => Globals.GetValueOrDefault(name)
        ?? throw new InteropException(
            file, $"it asks for '{name}', which no state_dict of tensors needs; nothing of it was loaded or executed");

    private object StackGlobal()
    {
        var (name, module) = (As<string>(Pop()), As<string>(Pop()));
        return Named($"{module}.{name}");
    }

    private object Reduce(IReadOnlyList<object> arguments, object function) => (function, arguments) switch
    {
        (PickledFunction.OrderedDict, []) => new PickledDict(),
        (PickledFunction.RebuildTensor,
            [PickledStorage storage, long offset, PickledTuple sizes, PickledTuple strides, bool, PickledDict]) =>
            new PickledTensor(
                storage, offset, [.. sizes.Items.Select(As<long>)], [.. strides.Items.Select(As<long>)]),
        _ => throw Damaged($"{function} has arguments that torch.save gives to none"),
    };

    private PickledStorage Storage(IReadOnlyList<object> id) =>
        id is ["storage", ElementKind kind, string key, string, long count]
            ? new(key, kind, count)
            : throw Damaged("a part of the file is named in a way that torch.save does not");

    private void SetItems(List<object> items)
    {
        if (items.Count % 2 != 0) throw Damaged("a key without a value");
        var target = As<PickledDict>(Peek()).Items;
        for (var i = 0; i < items.Count; i += 2) target.Add((items[i], items[i + 1]));
    }

    private object Remembered(uint key) =>
        _memo.TryGetValue(key, out var value) ? value : throw Damaged("it refers to what it does not hold");

    private long Long1()
    {
        var bytes = Take(Take(1)[0]);
        if (bytes.Length > sizeof(long)) throw Damaged("a whole number of more than 64 bits");
        Span<byte> whole = stackalloc byte[sizeof(long)];
        whole.Fill(bytes.IsEmpty || bytes[^1] < 0x80 ? (byte)0 : (byte)0xff);
        bytes.CopyTo(whole);
        return BinaryPrimitives.ReadInt64LittleEndian(whole);
    }

    private string Line()
    {
        var length = pickle.AsSpan(_at).IndexOf((byte)'\n');
        if (length < 0) throw Damaged("it is cut off");
        var line = Encoding.UTF8.GetString(Take(length));
        Take(1);
        return line;
    }

    private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > pickle.Length - _at) throw Damaged("it is cut off");
        _at += (int)count;
        return pickle.AsSpan(_at - (int)count, (int)count);
    }

    private object Peek() => _stack.Count > 0 ? _stack[^1] : throw Damaged("it takes more than it has put");

    private object Pop() => PopLast(1)[0];

    private List<object> PopToMark() => _marks.TryPop(out var mark) && mark <= _stack.Count
        ? PopLast(_stack.Count - mark)
        : throw Damaged("it takes more than it has put");

    private List<object> PopLast(int count)
    {
        if (count > _stack.Count) throw Damaged("it takes more than it has put");
        var items = _stack.GetRange(_stack.Count - count, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return items;
    }

    private T As<T>(object value) =>
        value is T right ? right : throw Damaged($"a {value.GetType().Name} where a {typeof(T).Name} should be");

    private InteropException Damaged(string what) => new(file, $"its pickle is damaged at {_at}: {what}");
}
