using ActorTrain.Actors.Bulk;

namespace ActorTrain.Actors;

/// <summary>Where a node's answers go while it rehearses: nowhere.</summary>
/// <param name="answers">How many there will be, failures too.</param>
/// <param name="done">Called with the last.</param>
internal sealed class RehearsalLink(int answers, Action done) : ILink
{
    private int _left = answers;

    /// <inheritdoc/>
    public int Pending => 0;

    /// <inheritdoc/>
    public void Send(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.Kind is not (BulkKind.Moments or BulkKind.GradientPart) && --_left == 0) done();
    }

    /// <inheritdoc/>
    public void Leave()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
