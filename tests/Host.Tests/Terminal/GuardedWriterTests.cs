using System.Text;
using ActorTrain.Host.Terminal;

namespace ActorTrain.Host.Tests.Terminal;

public class GuardedWriterTests
{
    [Fact]
    public void What_can_be_written_is_written_in_its_order()
    {
        using var inner = new StringWriter();
        using var writer = new GuardedWriter(inner, e => throw e);
        writer.Write('a');
        writer.Write("bc");
        writer.WriteLine("d");
        writer.WriteLine();
        writer.WriteLine($"{1}");
        writer.Write("xyz".ToCharArray(), 1, 2);
        Assert.Equal("abcd\n\n1\nyz", inner.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void What_can_not_be_written_is_told_and_lost()
    {
        var told = new List<string>();
        using var inner = new FullWriter();
        using var writer = new GuardedWriter(inner, e => told.Add(e.Message));
        writer.WriteLine("a");
        writer.Write('b');
        Assert.Equal(["full", "full"], told);
    }

    private sealed class FullWriter : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new IOException("full");
    }
}
