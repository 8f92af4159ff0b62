using ActorTrain.Kernels;
using PropertyAttribute = FsCheck.Xunit.PropertyAttribute;

namespace ActorTrain.Core.Tests.Kernels;

public class LinesAheadTests
{
    private const int LineBytes = 64, BlockRows = PackedA.Columns;

    [Property(MaxTest = 200)]
    public void Every_line_of_what_was_added_is_asked_for_in_order(int seed)
    {
        var random = new Random(seed);
        int rows = random.Next(1, 900), columns = random.Next(1, 300), panel = 8 << random.Next(0, 4);
        var memory = GC.AllocateUninitializedArray<byte>(100_000, pinned: true);
        var lines = new LinesAhead();
        List<nint> added = [];
        for (var i = random.Next(1, 70); i > 0; i--)
        {
            var (start, length) = (random.Next(0, 90_000), random.Next(1, 1000));
            lines.Add(memory.AsSpan(start, length));
            added.AddRange(LinesOf(memory, start, length));
        }
        lines.Divide(rows, columns);

        var asked = Asked(lines, rows, columns, panel);
        Assert.Equal(added, asked.Take(added.Count));
        // What is left over asks for the last one again: the number for each tile is the same everywhere.
        Assert.All(asked.Skip(added.Count), line => Assert.Equal(added[^1], line));
        Assert.True(asked.Count < added.Count + (((rows + 2) / 3) * ((columns + 63) / 64)));
    }

    [Fact]
    public void Without_lines_nothing_is_asked_for()
    {
        var memory = GC.AllocateUninitializedArray<byte>(1000, pinned: true);
        var lines = new LinesAhead();
        lines.Add(memory);
        lines.Clear();
        lines.Divide(rows: 784, columns: 128);
        Assert.Empty(Asked(lines, rows: 784, columns: 128, panel: 64));
    }

    private static IEnumerable<nint> LinesOf(byte[] memory, int start, int length)
    {
        var first = AddressOf(memory) + start;
        for (var line = first / LineBytes * LineBytes; line < first + length; line += LineBytes) yield return line;
    }

    private static unsafe nint AddressOf(byte[] pinned)
    {
        fixed (byte* first = pinned) return (nint)first;
    }

    // As a kernel asks: block by block of rows, in each panel by panel.
    private static unsafe List<nint> Asked(LinesAhead lines, int rows, int columns, int panel)
    {
        List<nint> asked = [];
        for (var row = 0; row < rows; row += BlockRows)
        {
            var blockRows = Math.Min(BlockRows, rows - row);
            var ahead = lines.From(row, default);
            for (var column = 0; column < columns; column += panel)
            {
                var asking = ahead;
                asking.AskForLines(blockRows);
                for (var line = ahead.Lines; line < asking.Lines; line++) asked.Add(*line);
                ahead = ahead.AfterColumns(column, panel, blockRows);
            }
        }
        return asked;
    }
}
