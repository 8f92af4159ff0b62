using System.Runtime.CompilerServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// The loops of <see cref="ConvolutionChain"/> at one vector width. Between two convolutions the channels of a pixel
/// lie side by side, padded to whole vectors.
/// </summary>
internal static unsafe class ConvolutionPass<TLanes, TVector>
    where TLanes : struct, ILanes<TVector> where TVector : struct
{
    // Three quads of images; 256 KB of what lies between the layers.
    private const int MostImages = 12;
    private const int MostFloats = 1 << 16;

    private const int LineFloats = AlignedMemory.AlignmentBytes / sizeof(float);

    // Bias, and what two normalisations have.
    private const int VectorsOfChannels = 9;

    /// <summary>y = the chain's output for images x.</summary>
    /// <param name="chain">The stages.</param>
    /// <param name="windows">Of each of them.</param>
    /// <param name="parameters">Of the layers whose places the stages name.</param>
    /// <param name="kept">What an earlier pass packed; none: this one packs for itself.</param>
    /// <param name="x">[N, C, H, W] of the first window.</param>
    /// <param name="y">[N, O, rows, across] of the last stage.</param>
    [SkipLocalsInit]
    public static void Run(
        ConvolutionChain chain, ReadOnlySpan<Patches> windows, Parameters parameters, PackedWeights? kept,
        ReadOnlySpan<float> x, Span<float> y)
    {
        var (stages, first) = (chain.Stages, windows[0]);
        var places = stackalloc Place[stages.Length];
        var (images, packedFloats, outputFloats) = (Lay(chain, windows, places), 0, 0);
        for (var s = 0; s < stages.Length; s++)
        {
            packedFloats = checked(packedFloats + places[s].PackedFloats);
            outputFloats = checked(outputFloats + (images * places[s].OutputImage));
        }
        Memory<float> held = default;
        var isPacked = kept is not null && kept.TryGet((chain, first), out held);
        if (kept is not null && !isPacked) held = AlignedMemory.Allocate(packedFloats);
        var memory = Scratch.Take(checked(outputFloats + (kept is null ? packedFloats : 0)));
        // What is held may have no other owner before this pass is over.
        fixed (float* pixels = x, results = y, keptFloats = held.Span)
        {
            var packed = kept is null ? memory + outputFloats : keptFloats;
            for (var s = 0; s < stages.Length; s++)
            {
                places[s].Output = memory;
                Point(ref places[s], stages[s], packed);
                if (!isPacked) Pack(places[s], stages[s], parameters);
                memory += images * places[s].OutputImage;
                packed += places[s].PackedFloats;
            }
            if (!isPacked) kept?.Keep((chain, first), held);
            for (int n = 0, count; n < x.Length / first.ImageLength; n += count)
            {
                count = Math.Min(images, (x.Length / first.ImageLength) - n);
                RunGroup(places, stages.Length, pixels + ((nint)n * first.ImageLength), count);
                StoreGroup(places[stages.Length - 1], stages[^1].Convolution.OutChannels, n, count, results);
            }
        }
    }

    private static void RunGroup(Place* places, int stages, float* from, int images)
    {
        for (var s = 0; s < stages; s++)
        {
            RunStage(places[s], from, images);
            from = places[s].Output;
        }
    }

    // Channel by channel, as all other layers want them.
    private static void StoreGroup(in Place last, int channels, int first, int images, float* y)
    {
        for (var i = 0; i < images; i++)
            Packing.Transpose(
                last.Output + (i * last.OutputImage), last.Padded, last.OutputPlaces, channels,
                y + ((nint)(first + i) * channels * last.OutputPlaces), last.OutputPlaces);
    }

    // How images lie before and behind each stage; returns how many go through together.
    private static int Lay(ConvolutionChain chain, ReadOnlySpan<Patches> windows, Place* places)
    {
        var most = 0;
        for (var s = 0; s < windows.Length; s++)
        {
            var (stage, window) = (chain.Stages[s], windows[s]);
            var side = stage.Pool is null ? 1 : 2;
            var padded = (stage.Convolution.OutChannels + TLanes.Count - 1) / TLanes.Count * TLanes.Count;
            var pixel = s == 0 ? 1 : places[s - 1].Padded;
            places[s] = new()
            {
                Window = window,
                Padded = padded,
                Pixel = pixel,
                Channel = s == 0 ? window.Height * window.Width : 1,
                Image = s == 0 ? window.ImageLength : places[s - 1].OutputImage,
                Rows = window.Rows / side,
                Across = window.Across / side,
            };
            most = Math.Max(most, places[s].OutputImage);
        }
        return Math.Clamp(MostFloats / most, 1, MostImages);
    }

    // Where packed weights, vectors of channels and offsets are.
    private static void Point(ref Place place, ConvolutionStage stage, float* packed)
    {
        var (depth, padded) = (place.Window.Depth, place.Padded);
        var vectors = packed + (depth * padded);
        place.Tile = new()
        {
            Weight = packed,
            Stride = padded,
            Depth = depth,
            Offsets = (int*)(vectors + (VectorsOfChannels * padded)),
            Bias = stage.Convolution.Bias ? vectors : null,
            Before = Point(stage.Before, vectors + padded, padded),
            TakesLargest = stage.Pool is not null,
            Behind = Point(stage.Behind, vectors + (5 * padded), padded),
        };
    }

    private static ChannelSteps Point(ConvolutionStage.Steps steps, float* vectors, int padded) => new()
    {
        Mean = steps.Norm is null ? null : vectors,
        Scale = vectors + padded,
        Weight = vectors + (2 * padded),
        Bias = vectors + (3 * padded),
        Relu = steps.Relu,
    };

    private static void Pack(in Place place, ConvolutionStage stage, Parameters parameters)
    {
        var (window, padded, channels) = (place.Window, place.Padded, stage.Convolution.OutChannels);
        var depth = window.Depth;
        var to = place.Tile.Weight;
        var own = parameters.Child(stage.Place);
        if (padded > channels) new Span<float>(to, (depth + VectorsOfChannels) * padded).Clear();
        // A cache line of each channel at a time, so that what is written lies together too.
        fixed (float* weight = own.Stored(0))
            for (var k = 0; k < depth; k += LineFloats)
                Packing.Transpose(
                    weight + k, depth, channels, Math.Min(LineFloats, depth - k), to + (k * padded), padded);
        if (stage.Convolution.Bias) own.Stored(1).CopyTo(new(place.Tile.Bias, channels));
        Pack(place.Tile.Before, stage.Before, parameters);
        Pack(place.Tile.Behind, stage.Behind, parameters);
        for (var k = 0; k < depth; k++)
        {
            var (c, y, x) = window.PixelOf(k);
            place.Tile.Offsets[k] = (c * place.Channel) + (((y * window.Width) + x) * place.Pixel);
        }
    }

    private static void Pack(in ChannelSteps vectors, ConvolutionStage.Steps steps, Parameters parameters)
    {
        if (steps.Norm is not { } norm) return;
        var own = parameters.Child(steps.Place);
        own.Stored(0).CopyTo(new(vectors.Weight, norm.Features));
        own.Stored(1).CopyTo(new(vectors.Bias, norm.Features));
        norm.RunningMoments(own, new(vectors.Mean, norm.Features), new(vectors.Scale, norm.Features));
    }

    // One or two vectors of channels at a time, for all images.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunStage(in Place place, float* from, int images)
    {
        var tile = stackalloc Quad[3];
        var quads = new Filled { Quads = tile, Tile = place.Tile };
        for (var channel = 0; channel < place.Padded; channel += quads.Tile.Vectors * TLanes.Count)
        {
            quads.Tile.Vectors = place.Padded - channel >= 2 * TLanes.Count ? 2 : 1;
            quads.Tile.Weight = place.Tile.Weight + channel;
            quads.Tile.Bias = place.Tile.Bias == null ? null : place.Tile.Bias + channel;
            quads.Tile.Before = place.Tile.Before.From(channel);
            quads.Tile.Behind = place.Tile.Behind.From(channel);
            var to = place.Output + channel;
            if (place.Tile.TakesLargest || images < 4) TakeBlocks(place, from, to, images, ref quads);
            else TakeImages(place, from, to, images, ref quads);
            quads.Flush();
        }
    }

    // Quads of 2×2 places of an image. Those at its end may overlap the ones before: they come out the same again.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TakeBlocks(in Place place, float* from, float* to, int images, ref Filled quads)
    {
        var (rows, across, step) = (place.Rows, place.Across, place.Tile.TakesLargest ? 1 : 2);
        nint right = place.Window.Stride * place.Pixel, below = right * place.Window.Width;
        quads.Tile.From = new(across == 1 && step == 2 ? 0 : right, rows == 1 && step == 2 ? 0 : below);
        quads.Tile.To = new(
            across == 1 ? 0 : place.Padded, rows == 1 ? 0 : (nint)across * place.Padded);
        var scale = 3 - step;
        for (var i = 0; i < images; i++, from += place.Image, to += place.OutputImage)
            for (var y = 0; y < rows; y += step)
            {
                var line = Math.Max(0, Math.Min(y, rows - step));
                for (var x = 0; x < across; x += step)
                {
                    var column = Math.Max(0, Math.Min(x, across - step));
                    quads.Add(
                        from + (scale * ((line * below) + (column * right))),
                        to + (((line * across) + column) * (nint)place.Padded));
                }
            }
    }

    // Quads of the same place of four images: no place comes out twice, however few there are.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TakeImages(in Place place, float* from, float* to, int images, ref Filled quads)
    {
        nint right = place.Window.Stride * place.Pixel, below = right * place.Window.Width;
        quads.Tile.From = new(place.Image, 2 * place.Image);
        quads.Tile.To = new(place.OutputImage, 2 * place.OutputImage);
        for (var y = 0; y < place.Rows; y++)
            for (var x = 0; x < place.Across; x++)
                for (var i = 0; i < images; i += 4)
                {
                    var image = Math.Min(i, images - 4);
                    quads.Add(
                        from + (image * (nint)place.Image) + (y * below) + (x * right),
                        to + (image * (nint)place.OutputImage) + (((y * place.Across) + x) * (nint)place.Padded));
                }
    }

    /// <summary>Quads until they are a tile.</summary>
    private ref struct Filled
    {
        public QuadTile Tile;
        public Quad* Quads;
        private int _count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(float* from, float* to)
        {
            Quads[_count].From = from;
            Quads[_count++].To = to;
            if (_count == QuadProduct<TLanes, TVector>.Quads) Flush();
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Flush()
        {
            if (_count > 0) QuadProduct<TLanes, TVector>.Run(Tile, Quads, _count);
            _count = 0;
        }
    }

    /// <summary>A stage, and how the pixels before and behind it lie.</summary>
    private struct Place
    {
        public Patches Window;
        public QuadTile Tile;

        /// <summary>Channels of the output, in whole vectors.</summary>
        public int Padded;

        /// <summary>Floats of the input from one pixel, channel or image to the next.</summary>
        public int Pixel;
        public int Channel;
        public int Image;

        /// <summary>Lines of the output, and its pixels of one.</summary>
        public int Rows;
        public int Across;

        /// <summary>[images, rows, across, padded].</summary>
        public float* Output;

        public readonly int OutputPlaces => Rows * Across;
        public readonly int OutputImage => checked(OutputPlaces * Padded);

        /// <summary>Weights, vectors of channels and offsets, in whole cache lines.</summary>
        public readonly int PackedFloats => checked(
            (((Window.Depth + VectorsOfChannels) * Padded) + Window.Depth + LineFloats - 1) / LineFloats * LineFloats);
    }
}
