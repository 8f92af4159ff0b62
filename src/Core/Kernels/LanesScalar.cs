namespace ActorTrain.Kernels;

/// <summary>A vector of one float, for processors without vector units.</summary>
internal readonly unsafe struct LanesScalar : ILanes<float>
{
    public static int Count => 1;

    public static int PanelVectors => 2;

    public static float Load(float* source) => *source;
    public static void Store(float value, float* destination) => *destination = value;
    public static float Create(float value) => value;
    public static float CreateBits(int bits) => BitConverter.Int32BitsToSingle(bits);
    public static float LoadBytes(byte* source) => *source;
    public static float FusedMultiplyAdd(float x, float y, float z) => MathF.FusedMultiplyAdd(x, y, z);
    public static float Add(float x, float y) => x + y;
    public static float Subtract(float x, float y) => x - y;
    public static float Multiply(float x, float y) => x * y;
    public static float Divide(float x, float y) => x / y;
    public static float Sqrt(float x) => MathF.Sqrt(x);
    public static float LessThan(float x, float y) => CreateBits(x < y ? -1 : 0);
    public static float ClearWhereAtMost0(float x, float y) => x <= 0 ? 0 : y;
    public static float Equal(float x, float y) => CreateBits(x == y ? -1 : 0);

    public static float Select(float mask, float whenSet, float whenClear) =>
        CreateBits((Bits(mask) & Bits(whenSet)) | (~Bits(mask) & Bits(whenClear)));

    public static float And(float x, float y) => CreateBits(Bits(x) & Bits(y));
    public static float AddBits(float x, float y) => CreateBits(Bits(x) + Bits(y));
    public static float SubtractBits(float x, float y) => CreateBits(Bits(x) - Bits(y));
    public static float ShiftLeftBits(float x, int count) => CreateBits(Bits(x) << count);
    public static float ShiftRightBits(float x, int count) => CreateBits(Bits(x) >> count);
    public static float ConvertBits(float x) => Bits(x);

    private static int Bits(float x) => BitConverter.SingleToInt32Bits(x);
}
