using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ActorTrain.Kernels;

/// <summary>16 floats in a 512-bit register. Correct, but slow, where the hardware has none.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => Vector512<float>.Count;

    public static int PanelVectors => 4;

    public static Vector512<float> Load(float* source) => Vector512.Load(source);
    public static void Store(Vector512<float> value, float* destination) => value.Store(destination);
    public static Vector512<float> Create(float value) => Vector512.Create(value);
    public static Vector512<float> CreateBits(int bits) => Vector512.Create(bits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadBytes(byte* source)
    {
        if (Avx512F.IsSupported)
            return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source)));
        var (lower, upper) = Vector128.Widen(Vector128.Load(source));
        var (first, second) = Vector256.Widen(Vector256.Create(lower, upper));
        return Vector512.ConvertToSingle(Vector512.Create(first, second).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FusedMultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> z) =>
        Vector512.FusedMultiplyAdd(x, y, z);

    public static Vector512<float> Add(Vector512<float> x, Vector512<float> y) => x + y;
    public static Vector512<float> Subtract(Vector512<float> x, Vector512<float> y) => x - y;
    public static Vector512<float> Multiply(Vector512<float> x, Vector512<float> y) => x * y;
    public static Vector512<float> Divide(Vector512<float> x, Vector512<float> y) => x / y;
    public static Vector512<float> Sqrt(Vector512<float> x) => Vector512.Sqrt(x);
    public static Vector512<float> LessThan(Vector512<float> x, Vector512<float> y) => Vector512.LessThan(x, y);
    public static Vector512<float> Equal(Vector512<float> x, Vector512<float> y) => Vector512.Equals(x, y);

    public static Vector512<float> ClearWhereAtMost0(Vector512<float> x, Vector512<float> y) =>
        Vector512.AndNot(y, Vector512.LessThanOrEqual(x, Vector512<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Select(
        Vector512<float> mask, Vector512<float> whenSet, Vector512<float> whenClear) =>
        Vector512.ConditionalSelect(mask, whenSet, whenClear);

    public static Vector512<float> And(Vector512<float> x, Vector512<float> y) => x & y;

    public static Vector512<float> AddBits(Vector512<float> x, Vector512<float> y) =>
        (x.AsInt32() + y.AsInt32()).AsSingle();

    public static Vector512<float> SubtractBits(Vector512<float> x, Vector512<float> y) =>
        (x.AsInt32() - y.AsInt32()).AsSingle();

    public static Vector512<float> ShiftLeftBits(Vector512<float> x, int count) => (x.AsInt32() << count).AsSingle();
    public static Vector512<float> ShiftRightBits(Vector512<float> x, int count) => (x.AsInt32() >> count).AsSingle();
    public static Vector512<float> ConvertBits(Vector512<float> x) => Vector512.ConvertToSingle(x.AsInt32());
}
