using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>8 floats in a 256-bit register. Correct, but slow, where the hardware has none.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => Vector256<float>.Count;

    public static int PanelVectors => 2;

    public static Vector256<float> Load(float* source) => Vector256.Load(source);
    public static void Store(Vector256<float> value, float* destination) => value.Store(destination);
    public static Vector256<float> Create(float value) => Vector256.Create(value);
    public static Vector256<float> CreateBits(int bits) => Vector256.Create(bits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBytes(byte* source)
    {
        var shorts = Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(source)).AsByte());
        var (lower, upper) = Vector128.Widen(shorts);
        return Vector256.ConvertToSingle(Vector256.Create(lower, upper).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FusedMultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> z) =>
        Vector256.FusedMultiplyAdd(x, y, z);

    public static Vector256<float> Add(Vector256<float> x, Vector256<float> y) => x + y;
    public static Vector256<float> Subtract(Vector256<float> x, Vector256<float> y) => x - y;
    public static Vector256<float> Multiply(Vector256<float> x, Vector256<float> y) => x * y;
    public static Vector256<float> Divide(Vector256<float> x, Vector256<float> y) => x / y;
    public static Vector256<float> Sqrt(Vector256<float> x) => Vector256.Sqrt(x);
    public static Vector256<float> LessThan(Vector256<float> x, Vector256<float> y) => Vector256.LessThan(x, y);
    public static Vector256<float> Equal(Vector256<float> x, Vector256<float> y) => Vector256.Equals(x, y);

    public static Vector256<float> ClearWhereAtMost0(Vector256<float> x, Vector256<float> y) =>
        Vector256.AndNot(y, Vector256.LessThanOrEqual(x, Vector256<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Select(
        Vector256<float> mask, Vector256<float> whenSet, Vector256<float> whenClear) =>
        Vector256.ConditionalSelect(mask, whenSet, whenClear);

    public static Vector256<float> And(Vector256<float> x, Vector256<float> y) => x & y;

    public static Vector256<float> AddBits(Vector256<float> x, Vector256<float> y) =>
        (x.AsInt32() + y.AsInt32()).AsSingle();

    public static Vector256<float> SubtractBits(Vector256<float> x, Vector256<float> y) =>
        (x.AsInt32() - y.AsInt32()).AsSingle();

    public static Vector256<float> ShiftLeftBits(Vector256<float> x, int count) => (x.AsInt32() << count).AsSingle();
    public static Vector256<float> ShiftRightBits(Vector256<float> x, int count) => (x.AsInt32() >> count).AsSingle();
    public static Vector256<float> ConvertBits(Vector256<float> x) => Vector256.ConvertToSingle(x.AsInt32());
}
