using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>Told, while a backward pass goes on, how much of the gradient is final.</summary>
/// <param name="gradient">Of the whole model; valid as long as the pass's arena is not reset.</param>
/// <param name="finalFrom">Elements from here to the end do not change any more.</param>
public delegate void GradientProgress(Parameters gradient, int finalFrom);

/// <summary>Returns when the first elements of the parameters are there, however long it takes.</summary>
/// <param name="count">How many of them.</param>
/// <exception cref="OperationCanceledException">They will not come any more.</exception>
public delegate void ParameterArrival(int count);

/// <summary>Says that a pass trains, and where it stands: what random numbers of the pass depend on.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Step">The step of the run.</param>
/// <param name="FirstRow">The minibatch's row that is the pass's first.</param>
/// <param name="Place">Where in the model the layer is.</param>
public readonly record struct TrainingPass(ulong Seed, long Step, int FirstRow, uint Place = 0);

/// <summary>
/// What a pass through a layer needs besides its arguments: the matrix multiply, the memory to take results from, and
/// how the rows divide into microbatches. A value, passed down; it changes what memory results lie in, never their
/// bits.
/// </summary>
public readonly struct LayerContext
{
    private readonly Arena? _arena;
    private readonly ReadOnlyMemory<int> _leafRows;
    private readonly ParameterBuffer? _gradient;
    private readonly GradientProgress? _progress;
    private readonly ParameterArrival? _arrival;

    /// <summary>A context for rows that divide into microbatches as <paramref name="leafRows"/> says.</summary>
    /// <param name="matMul">The kernel.</param>
    /// <param name="leafRows">Rows in each microbatch, in order; their sum is the number of rows in every pass.</param>
    /// <param name="arena">
    /// Where results are taken from; none: ordinary memory, which the garbage collector frees.
    /// </param>
    /// <param name="progress">Told as a backward pass goes on; none: nobody waits.</param>
    /// <param name="arrival">Asked as a forward pass goes on; none: all parameters are there.</param>
    /// <param name="training">Where a training pass stands; none: the pass does not train.</param>
    /// <param name="packed">
    /// What evaluating passes of the same parameters keep for each other; none: each packs weights for itself.
    /// </param>
    public LayerContext(
        IMatMul matMul, ReadOnlyMemory<int> leafRows, Arena? arena = null, GradientProgress? progress = null,
        ParameterArrival? arrival = null, TrainingPass? training = null, PackedWeights? packed = null)
    {
        MatMul = matMul;
        _leafRows = leafRows;
        _arena = arena;
        _progress = progress;
        _arrival = arrival;
        Training = training;
        Packed = packed;
        InputGradientNeeded = true;
    }

    private LayerContext(LayerContext parent, ParameterBuffer? gradient, bool inputGradientNeeded)
    {
        this = parent;
        _gradient = gradient;
        // A child sees a part of the gradient only: its parent says how far the whole is.
        if (gradient is not null) _progress = null;
        InputGradientNeeded = inputGradientNeeded;
    }

    /// <summary>The matrix multiply.</summary>
    public IMatMul MatMul { get; }

    /// <summary>Where a training pass stands; none: the pass does not train.</summary>
    public TrainingPass? Training { get; private init; }

    /// <summary>What evaluating passes of the same parameters keep for each other, if anything.</summary>
    public PackedWeights? Packed { get; }

    /// <summary>Rows in each microbatch, in order.</summary>
    public ReadOnlySpan<int> LeafRows => _leafRows.Span;

    /// <summary>
    /// False where nobody asks for ∂L/∂input, as in a model's first layer; Backward may then return none.
    /// </summary>
    public bool InputGradientNeeded { get; }

    /// <summary>Memory for a result, contents unspecified.</summary>
    public TensorBuffer Take(Shape shape) => _arena?.Take(shape) ?? TensorBuffer.Allocate(shape);

    /// <summary>Memory for what the parts of a composed layer keep, to be written once and then only read.</summary>
    internal Saved[] TakeSaved(int count) => _arena?.TakeSaved(count) ?? new Saved[count];

    /// <summary>Memory for the gradient of a layer's parameters, contents unspecified.</summary>
    public ParameterBuffer TakeGradient(ParameterLayout layout) =>
        _gradient ?? new(layout, Take([layout.Count]).Memory);

    /// <summary>
    /// The same, but <see cref="TakeGradient"/> hands out <paramref name="gradient"/>, a part of the whole model's.
    /// </summary>
    public LayerContext ForChild(ParameterBuffer gradient, bool inputGradientNeeded) =>
        new(this, gradient, inputGradientNeeded);

    /// <summary>The same for the child layer with this index.</summary>
    internal LayerContext At(int index) => Training is { } training
        ? this with { Training = training with { Place = unchecked((training.Place * 131) + (uint)index + 1) } }
        : this;

    /// <summary>A composed layer is about to read its parameters up to this element.</summary>
    internal void Await(int end) => _arrival?.Invoke(end);

    /// <summary>A composed layer's gradient is final from this element on.</summary>
    internal void Report(ParameterBuffer gradient, int finalFrom) => _progress?.Invoke(gradient.Freeze(), finalFrom);

    /// <summary>The same, but nobody asks for the gradient of the input.</summary>
    public LayerContext WithoutInputGradient() => new(this, _gradient, inputGradientNeeded: false);
}
