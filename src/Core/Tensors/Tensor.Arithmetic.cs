using ActorTrain.Kernels;

namespace ActorTrain;

// Each operation with its derivative beside it.
public sealed partial class Tensor
{
    private static readonly ManagedMatMul Kernel = new();

    /// <summary>A number as a scalar, so that it may stand beside a tensor: <c>2 * x + 1</c>.</summary>
    public static implicit operator Tensor(float value) => Scalar(value);

    /// <summary>A number as a scalar, rounded to float32: <c>0.5 * x</c>.</summary>
    public static implicit operator Tensor(double value) => Scalar((float)value);

    /// <summary>Element by element, broadcast.</summary>
    /// <exception cref="ShapeMismatchException">The shapes do not go together.</exception>
    public static Tensor operator +(Tensor a, Tensor b) => Trace.Of(
        Broadcast.Map<Sum2>("+", a, b), a, b,
        (dy, x, _, _) => Broadcast.SumTo(dy, x.Shape), (dy, _, y, _) => Broadcast.SumTo(dy, y.Shape));

    /// <inheritdoc cref="op_Addition(Tensor, Tensor)"/>
    public static Tensor operator -(Tensor a, Tensor b) => Trace.Of(
        Broadcast.Map<Difference>("-", a, b), a, b,
        (dy, x, _, _) => Broadcast.SumTo(dy, x.Shape), (dy, _, y, _) => Broadcast.SumTo(-dy, y.Shape));

    /// <inheritdoc cref="op_Addition(Tensor, Tensor)"/>
    public static Tensor operator *(Tensor a, Tensor b) => Trace.Of(
        Broadcast.Map<Product>("*", a, b), a, b,
        (dy, x, y, _) => Broadcast.SumTo(dy * y, x.Shape), (dy, x, y, _) => Broadcast.SumTo(dy * x, y.Shape));

    /// <inheritdoc cref="op_Addition(Tensor, Tensor)"/>
    public static Tensor operator /(Tensor a, Tensor b) => Trace.Of(
        Broadcast.Map<Quotient>("/", a, b), a, b,
        (dy, x, y, _) => Broadcast.SumTo(dy / y, x.Shape),
        (dy, _, y, quotient) => Broadcast.SumTo(-(dy * quotient) / y, y.Shape));

    /// <summary>Each element's opposite.</summary>
    public static Tensor operator -(Tensor a) => a * -1;

    /// <summary>1 where a is less than b, 0 elsewhere, broadcast; without a gradient.</summary>
    /// <exception cref="ShapeMismatchException">The shapes do not go together.</exception>
    public static Tensor operator <(Tensor a, Tensor b) => Broadcast.Map<Less>("<", a, b);

    /// <summary>1 where a is greater than b, 0 elsewhere, broadcast; without a gradient.</summary>
    /// <inheritdoc cref="op_LessThan(Tensor, Tensor)"/>
    public static Tensor operator >(Tensor a, Tensor b) => b < a;

    /// <summary>1 where a is at most b, 0 elsewhere, broadcast; without a gradient.</summary>
    /// <inheritdoc cref="op_LessThan(Tensor, Tensor)"/>
    public static Tensor operator <=(Tensor a, Tensor b) => Broadcast.Map<LessOrEqual>("<=", a, b);

    /// <summary>1 where a is at least b, 0 elsewhere, broadcast; without a gradient.</summary>
    /// <inheritdoc cref="op_LessThan(Tensor, Tensor)"/>
    public static Tensor operator >=(Tensor a, Tensor b) => b <= a;

    /// <summary>1 where the elements are equal, 0 elsewhere, broadcast; without a gradient.</summary>
    /// <exception cref="ShapeMismatchException">The shapes do not go together.</exception>
    public Tensor Eq(Tensor other) => Broadcast.Map<Same>("Eq", this, other);

    /// <summary>1 where the elements differ, 0 elsewhere, broadcast; without a gradient.</summary>
    /// <exception cref="ShapeMismatchException">The shapes do not go together.</exception>
    public Tensor Ne(Tensor other) => 1 - Eq(other);

    /// <summary>The matrix product [M, K]·[K, N] = [M, N]; PyTorch's <c>mm</c> and <c>matmul</c>.</summary>
    /// <exception cref="ShapeMismatchException">No matrices, or their inner sizes differ.</exception>
    public Tensor MatMul(Tensor other)
    {
        if (Shape.Rank != 2)
            throw new ShapeMismatchException("MatMul", "first operand", Shape, "[M, K]", "Multiply matrices only.");
        if (other.Shape.Rank != 2 || other.Shape[0] != Shape[1])
            throw new ShapeMismatchException(
                "MatMul", "second operand", other.Shape, $"[{Shape[1]}, N]", $"The first operand has shape {Shape}.");
        var (rows, depth, columns) = (Shape[0], Shape[1], other.Shape[1]);
        Shape shape = [rows, columns];
        var product = new float[shape.Count];
        Kernel.Multiply(
            new(Contiguous().Span, rows, depth), new(other.Contiguous().Span, depth, columns), [],
            new(product, rows, columns), [rows]);
        return Trace.Of(
            Own(product, shape), this, other,
            (dy, _, b, _) => dy.MatMul(b.T()), (dy, a, _, _) => a.T().MatMul(dy));
    }

    /// <inheritdoc cref="MatMul"/>
    public Tensor Mm(Tensor other) => MatMul(other);

    /// <summary>eˣ of each element.</summary>
    public Tensor Exp()
    {
        var y = new float[Shape.Count];
        ElementwiseMath.Exp(Contiguous().Span, y);
        return Trace.Of(Own(y, Shape), this, (dy, _, exp) => dy * exp);
    }

    /// <summary>ln x of each element.</summary>
    public Tensor Log()
    {
        var y = new float[Shape.Count];
        ElementwiseMath.Log(Contiguous().Span, y);
        return Trace.Of(Own(y, Shape), this, (dy, x, _) => dy / x);
    }

    /// <summary>√x of each element.</summary>
    public Tensor Sqrt() => Trace.Of(Map(this, MathF.Sqrt), this, (dy, _, root) => dy / (root * 2));

    /// <summary>|x| of each element; its gradient at 0 is 0, at NaN NaN.</summary>
    public Tensor Abs() => Trace.Of(
        Map(this, MathF.Abs), this, (dy, x, _) => dy * Map(x, value => float.IsNaN(value) ? value : Math.Sign(value)));

    /// <summary>x to a whole power, of each element, by multiplication.</summary>
    /// <param name="exponent">From 0 on.</param>
    public Tensor Pow(int exponent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(exponent);
        return Trace.Of(
            Map(this, x => (float)ExactMath.Power(x, exponent)), this,
            (dy, x, _) => exponent == 0 ? dy * 0 : dy * (x.Pow(exponent - 1) * exponent));
    }

    /// <summary>Each element, but not below or above a bound; where it is beyond, the gradient is 0.</summary>
    public Tensor Clamp(float min = float.NegativeInfinity, float max = float.PositiveInfinity) => Trace.Of(
        Map(this, value => value < min ? min : value > max ? max : value), this,
        (dy, x, _) => dy.KeptWhere(Map(x, value => value >= min && value <= max ? 1 : 0)));

    /// <summary>Each element where the mask is not 0, else 0, also for ∞ and NaN: 0 times them would be NaN.</summary>
    internal Tensor KeptWhere(Tensor mask) => Trace.Of(
        Broadcast.Map<Kept>("KeptWhere", this, mask), this, dy => Broadcast.SumTo(dy.KeptWhere(mask), Shape));

    private static Tensor Map(Tensor x, Func<float, float> f) =>
        Own(Array.ConvertAll(x.ToArray(), value => f(value)), x.Shape);

    private readonly struct Sum2 : IBinary
    {
        public static float Of(float a, float b) => a + b;
    }

    private readonly struct Difference : IBinary
    {
        public static float Of(float a, float b) => a - b;
    }

    private readonly struct Product : IBinary
    {
        public static float Of(float a, float b) => a * b;
    }

    private readonly struct Quotient : IBinary
    {
        public static float Of(float a, float b) => a / b;
    }

    private readonly struct Kept : IBinary
    {
        public static float Of(float value, float mask) => mask != 0 ? value : 0;
    }

    private readonly struct Less : IBinary
    {
        public static float Of(float a, float b) => a < b ? 1 : 0;
    }

    private readonly struct LessOrEqual : IBinary
    {
        public static float Of(float a, float b) => a <= b ? 1 : 0;
    }

    private readonly struct Same : IBinary
    {
        public static float Of(float a, float b) => a == b ? 1 : 0;
    }
}
