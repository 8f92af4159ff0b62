namespace ActorTrain.Actors;

/// <summary>
/// An update in pieces that two threads do: the server's own from the front, telling how far it is, and another one, if
/// it gets a core, from the end. While the worker nodes wait for their parameters a core is idle.
/// </summary>
internal sealed class UpdatePieces
{
    private readonly ParameterUpdate _update;
    private readonly int _runsOfPiece;
    private readonly int _count;
    private readonly PieceClaims _claims;
    private readonly Lock _lock = new();
    private int _doneFromTheEnd;

    /// <summary>Pieces that nobody has begun.</summary>
    public UpdatePieces(ParameterUpdate update)
    {
        _update = update;
        _runsOfPiece = StreamedVector.RunsOfPart(update.Runs);
        _count = (update.Runs + _runsOfPiece - 1) / _runsOfPiece;
        _claims = new(_count);
    }

    /// <summary>Does the update; when it returns, all of it is done.</summary>
    /// <param name="written">Told how many elements are written, from the first one on, as they grow.</param>
    public void Apply(Action<int> written)
    {
        if (_claims.IsShared(Environment.ProcessorCount))
            ThreadPool.UnsafeQueueUserWorkItem(pieces => pieces.ApplyFromTheEnd(), this, preferLocal: false);
        while (TryClaim(isFront: true, out var piece))
        {
            Apply(piece);
            if (_claims.IsToldAtOnce(piece)) written(EndOf(piece));
        }
        // The other thread is in the middle of its last piece, at most.
        var wait = new SpinWait();
        while (Volatile.Read(ref _doneFromTheEnd) < _claims.FromTheEnd) wait.SpinOnce(sleep1Threshold: -1);
        written(EndOf(_count - 1));
    }

    private void ApplyFromTheEnd()
    {
        while (TryClaim(isFront: false, out var piece))
        {
            Apply(piece);
            Interlocked.Increment(ref _doneFromTheEnd);
        }
    }

    private bool TryClaim(bool isFront, out int piece)
    {
        lock (_lock) return _claims.TryClaim(isFront, out piece);
    }

    private void Apply(int piece) =>
        _update.Apply(piece * _runsOfPiece, Math.Min(_runsOfPiece, _update.Runs - (piece * _runsOfPiece)));

    private int EndOf(int piece) =>
        Math.Min((piece + 1) * _runsOfPiece * ParameterUpdate.RunLength, _update.Parameters.Count);
}
