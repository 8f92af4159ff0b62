using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ActorTrain.Kernels;

/// <summary>4 floats in a 128-bit register. Correct, but slow, where the hardware has none.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<float>>
{
    public static int Count => Vector128<float>.Count;

    // Arm has 32 registers.
    public static int PanelVectors => AdvSimd.Arm64.IsSupported ? 4 : 2;

    public static Vector128<float> Load(float* source) => Vector128.Load(source);
    public static void Store(Vector128<float> value, float* destination) => value.Store(destination);
    public static Vector128<float> Create(float value) => Vector128.Create(value);
    public static Vector128<float> CreateBits(int bits) => Vector128.Create(bits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadBytes(byte* source)
    {
        var shorts = Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(source)).AsByte());
        return Vector128.ConvertToSingle(Vector128.WidenLower(shorts).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FusedMultiplyAdd(Vector128<float> x, Vector128<float> y, Vector128<float> z) =>
        Vector128.FusedMultiplyAdd(x, y, z);

    public static Vector128<float> Add(Vector128<float> x, Vector128<float> y) => x + y;
    public static Vector128<float> Subtract(Vector128<float> x, Vector128<float> y) => x - y;
    public static Vector128<float> Multiply(Vector128<float> x, Vector128<float> y) => x * y;
    public static Vector128<float> Divide(Vector128<float> x, Vector128<float> y) => x / y;
    public static Vector128<float> Sqrt(Vector128<float> x) => Vector128.Sqrt(x);
    public static Vector128<float> LessThan(Vector128<float> x, Vector128<float> y) => Vector128.LessThan(x, y);
    public static Vector128<float> Equal(Vector128<float> x, Vector128<float> y) => Vector128.Equals(x, y);

    public static Vector128<float> ClearWhereAtMost0(Vector128<float> x, Vector128<float> y) =>
        Vector128.AndNot(y, Vector128.LessThanOrEqual(x, Vector128<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Select(
        Vector128<float> mask, Vector128<float> whenSet, Vector128<float> whenClear) =>
        Vector128.ConditionalSelect(mask, whenSet, whenClear);

    public static Vector128<float> And(Vector128<float> x, Vector128<float> y) => x & y;

    public static Vector128<float> AddBits(Vector128<float> x, Vector128<float> y) =>
        (x.AsInt32() + y.AsInt32()).AsSingle();

    public static Vector128<float> SubtractBits(Vector128<float> x, Vector128<float> y) =>
        (x.AsInt32() - y.AsInt32()).AsSingle();

    public static Vector128<float> ShiftLeftBits(Vector128<float> x, int count) => (x.AsInt32() << count).AsSingle();
    public static Vector128<float> ShiftRightBits(Vector128<float> x, int count) => (x.AsInt32() >> count).AsSingle();
    public static Vector128<float> ConvertBits(Vector128<float> x) => Vector128.ConvertToSingle(x.AsInt32());
}
