namespace ActorTrain.Actors;

/// <summary>
/// Who does which piece of an update: one from the front, who tells how far it is, another one from the end. The rule
/// alone, for one thread at a time.
/// </summary>
/// <param name="count">How many pieces.</param>
internal sealed class PieceClaims(int count)
{
    private readonly int _count = count;
    private int _front;
    private int _back = count;

    /// <summary>Pieces claimed from the end.</summary>
    public int FromTheEnd => _count - _back;

    /// <summary>Whether somebody is to begin at the end.</summary>
    /// <param name="cores">Cores of the machine.</param>
    public bool IsShared(int cores) => _count > 1 && cores > 1;

    /// <summary>The next piece from one side, if any is left.</summary>
    public bool TryClaim(bool isFront, out int piece)
    {
        piece = isFront ? _front : _back - 1;
        if (_front == _back) return false;
        if (isFront) _front++;
        else _back--;
        return true;
    }

    /// <summary>Whether a piece of the front's is told when it is done; the last one only when all are.</summary>
    public bool IsToldAtOnce(int piece) => piece + 1 < _count;
}
