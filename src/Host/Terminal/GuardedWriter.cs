using System.Text;

namespace ActorTrain.Host.Terminal;

/// <summary>Writes to another writer; what that can't write is lost, and somebody is told.</summary>
/// <param name="inner">Flushes by itself.</param>
/// <param name="onTrouble">Told each time; what it throws is the caller's.</param>
internal sealed class GuardedWriter(TextWriter inner, Action<IOException> onTrouble) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write($"{value}{Environment.NewLine}".AsSpan());

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (IOException e)
        {
            onTrouble(e);
        }
    }
}
