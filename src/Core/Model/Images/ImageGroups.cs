using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// The images of a batch, a few at a time, as one matrix of columns [C·k·k, images·places]: so few that it stays in L2,
/// so many that a product over it is worth its beginning and end.
/// </summary>
internal readonly ref struct ImageGroups
{
    // 256 KB of columns; and where nobody writes columns down, images enough that few panels are not full.
    private const int MostFloats = 1 << 16;
    private const int MostImages = 16;

    private readonly Patches _patches;
    private readonly int _padding;
    private readonly int _outChannels;
    private readonly Span<float> _columns;
    private readonly Span<float> _product;
    private readonly Span<float> _padded;

    /// <summary>Groups of a layer's inputs.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="context">Where memory is taken from.</param>
    /// <param name="hasColumns">False: only images are asked for.</param>
    /// <exception cref="ShapeMismatchException">The layer does not take such images.</exception>
    public ImageGroups(Conv2d layer, Shape input, LayerContext context, bool hasColumns)
    {
        if (input.Rank != 4)
            throw new ShapeMismatchException(
                layer.ShortName, "input", input, $"[N, {layer.InChannels}, height, width]", "Give images.");
        layer.OutputShape([input[1], input[2], input[3]]);
        (_padding, _outChannels, Examples) = (layer.Padding, layer.OutChannels, input[0]);
        _patches = new(
            layer.InChannels, input[2] + (2 * _padding), input[3] + (2 * _padding), layer.KernelSize, layer.Stride);
        var most = hasColumns ? MostFloats / Math.Max(1, Depth * Places) : MostImages;
        Most = Math.Clamp(most, 1, Math.Max(1, Examples));
        if (hasColumns)
        {
            _columns = context.Take([Depth, Most * Places]).Span;
            _product = context.Take([_outChannels, Most * Places]).Span;
        }
        if (_padding == 0) return;
        // By all sizes: a shape refuses more elements than an int counts.
        _padded = context.Take([Most, _patches.Channels, _patches.Height, _patches.Width]).Span;
        // The borders; what is inside is written again for each image.
        _padded.Clear();
    }

    /// <summary>How the window goes over an image.</summary>
    public Patches Patches => _patches;

    /// <summary>N.</summary>
    public int Examples { get; }

    /// <summary>Images of a group.</summary>
    public int Most { get; }

    /// <summary>Rows of the matrix.</summary>
    public int Depth => _patches.Depth;

    /// <summary>Columns of an image.</summary>
    public int Places => _patches.Places;

    /// <summary>[N, O, H', W'].</summary>
    public Shape OutputShape => [Examples, _outChannels, _patches.Rows, _patches.Across];

    /// <summary>The matrix, for so many images.</summary>
    public MatrixSpan Columns(int count) => new(_columns, Depth, count * Places);

    /// <summary>The same, to read.</summary>
    public MatrixView ReadColumns(int count) => new(_columns, Depth, count * Places);

    /// <summary>Memory for [O, images·places].</summary>
    public MatrixSpan Product(int count) => new(_product, _outChannels, count * Places);

    /// <summary>Some images, padded.</summary>
    public ReadOnlySpan<float> Images(ReadOnlySpan<float> x, int first, int count)
    {
        var length = x.Length / Math.Max(1, Examples);
        var images = x.Slice(first * length, count * length);
        if (_padding == 0) return images;
        for (var i = 0; i < count; i++)
            foreach (var (inner, padded) in new Lines(_patches, _padding))
                images.Slice((i * length) + inner, Inner).CopyTo(_padded[((i * _patches.ImageLength) + padded)..]);
        return _padded[..(count * _patches.ImageLength)];
    }

    /// <summary>Writes the columns of some images.</summary>
    public void Gather(ReadOnlySpan<float> x, int first, int count)
    {
        var images = Images(x, first, count);
        for (var i = 0; i < count; i++)
            _patches.Gather(
                images.Slice(i * _patches.ImageLength, _patches.ImageLength), _columns[(i * Places)..],
                count * Places);
    }

    /// <summary>Adds the columns of each image up to its pixels.</summary>
    public void Scatter(int first, int count, Span<float> dx)
    {
        var length = dx.Length / Math.Max(1, Examples);
        for (var i = 0; i < count; i++)
        {
            var image = dx.Slice((first + i) * length, length);
            var sums = _padding > 0 ? _padded[.._patches.ImageLength] : image;
            sums.Clear();
            _patches.Scatter(_columns[(i * Places)..], count * Places, sums);
            if (_padding == 0) continue;
            foreach (var (inner, padded) in new Lines(_patches, _padding))
                sums.Slice(padded, Inner).CopyTo(image[inner..]);
        }
        // For the next images to gather.
        if (_padding > 0) _padded[.._patches.ImageLength].Clear();
    }

    /// <summary>What becomes of some images: their part of [N, O, H', W'].</summary>
    public Span<float> Results(Span<float> y, int first, int count) =>
        y.Slice(first * _outChannels * Places, count * _outChannels * Places);

    /// <summary>Writes [O, images·places] of images [N, O, H', W'].</summary>
    public MatrixView Join(ReadOnlySpan<float> images, int first, int count)
    {
        var length = _outChannels * Places;
        if (count == 1) return new(images.Slice(first * length, length), _outChannels, Places);
        for (var o = 0; o < _outChannels; o++)
            for (var i = 0; i < count; i++)
                images.Slice(((first + i) * length) + (o * Places), Places)
                    .CopyTo(_product[(((o * count) + i) * Places)..]);
        return new(_product, _outChannels, count * Places);
    }

    /// <summary>Writes images [N, O, H', W'] of [O, images·places], with the bias, and then ReLU, if asked.</summary>
    public void Part(int first, int count, ReadOnlySpan<float> bias, bool relu, Span<float> images)
    {
        var length = _outChannels * Places;
        for (var i = 0; i < count; i++)
            for (var o = 0; o < _outChannels; o++)
            {
                var from = _product.Slice(((o * count) + i) * Places, Places);
                var to = images.Slice(((first + i) * length) + (o * Places), Places);
                if (bias.IsEmpty && !relu) from.CopyTo(to);
                else VectorOperations.AddConstant(from, bias.IsEmpty ? 0 : bias[o], relu, to);
            }
    }

    private int Inner => _patches.Width - (2 * _padding);

    /// <summary>Where each line of an image begins, and where in the padded one.</summary>
    private ref struct Lines(Patches patches, int padding)
    {
        private readonly int _width = patches.Width - (2 * padding);
        private readonly int _height = patches.Height - (2 * padding);
        private int _line = -1;

        public readonly (int Inner, int Padded) Current =>
            (_line * _width,
                (((_line / _height * patches.Height) + padding + (_line % _height)) * patches.Width) + padding);

        public readonly Lines GetEnumerator() => this;

        public bool MoveNext() => ++_line < patches.Channels * _height;
    }
}
