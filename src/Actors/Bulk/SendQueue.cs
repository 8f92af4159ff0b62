namespace ActorTrain.Actors.Bulk;

/// <summary>
/// Frames that wait to be sent, at most so many, and the right to write: whoever adds a frame when nothing waits may
/// write it at once, else the sending thread does. A frame that is half written is the sending thread's.
/// </summary>
internal sealed class SendQueue(int capacity)
{
    private readonly object _lock = new();
    private readonly Queue<(BulkHeader Header, ReadOnlyMemory<byte> Payload)> _frames = [];
    private bool _isBusy;
    private bool _isBusySending;
    private bool _isHalfWritten;
    private bool _isClosed;
    private bool _isEnding;

    /// <summary>Frames that are not written to their end.</summary>
    public int Pending
    {
        get
        {
            lock (_lock) return _frames.Count + (_isBusy || _isHalfWritten ? 1 : 0);
        }
    }

    /// <summary>Adds a frame.</summary>
    /// <param name="header">Of the frame.</param>
    /// <param name="payload">Of the frame.</param>
    /// <param name="isLast">True: nothing is taken after it, and the queue is at its end when it is written.</param>
    /// <param name="mayWriteNow">False: it is left to the sending thread in any case.</param>
    /// <returns>What became of it.</returns>
    public Addition Add(
        in BulkHeader header, ReadOnlyMemory<byte> payload, bool isLast = false, bool mayWriteNow = true)
    {
        lock (_lock)
        {
            if (_isClosed || _isEnding) return Addition.Dropped;
            _isEnding = isLast;
            if (mayWriteNow && !_isBusy && !_isHalfWritten && _frames.Count == 0)
            {
                _isBusy = true;
                return Addition.WriteNow;
            }
            if (_frames.Count == capacity) return Addition.Full;
            _frames.Enqueue((header, payload));
            Monitor.Pulse(_lock);
            return Addition.Waits;
        }
    }

    /// <summary>After <see cref="Addition.WriteNow"/>, or a failure: gives the right to write back.</summary>
    public void Written(bool isDone)
    {
        lock (_lock)
        {
            _isBusy = false;
            _isHalfWritten = !isDone && !_isClosed;
            if (_isHalfWritten || _frames.Count > 0 || _isClosed || _isEnding) Monitor.Pulse(_lock);
        }
    }

    /// <summary>For the sending thread: the frame before is written; waits for something to write.</summary>
    /// <param name="header">Of the frame.</param>
    /// <param name="payload">Of the frame.</param>
    /// <returns>What there is: nothing only when the queue is closed or at its end.</returns>
    public Turn Take(out BulkHeader header, out ReadOnlyMemory<byte> payload)
    {
        (header, payload) = (default, default);
        lock (_lock)
        {
            if (_isBusySending) (_isBusy, _isBusySending) = (false, false);
            while (!_isClosed && (_isBusy || (IsEmpty && !_isEnding))) Monitor.Wait(_lock);
            if (_isClosed || IsEmpty) return Turn.Nothing;
            (_isBusy, _isBusySending) = (true, true);
            if (_isHalfWritten)
            {
                _isHalfWritten = false;
                return Turn.Rest;
            }
            (header, payload) = _frames.Dequeue();
            return Turn.Frame;
        }
    }

    private bool IsEmpty => !_isHalfWritten && _frames.Count == 0;

    /// <summary>Drops what waits, and takes nothing more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _isHalfWritten = false;
            _frames.Clear();
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>What became of a frame.</summary>
    public enum Addition
    {
        /// <summary>The caller is to write it, then call <see cref="SendQueue.Written"/>.</summary>
        WriteNow,

        /// <summary>The sending thread will write it.</summary>
        Waits,

        /// <summary>There is no room.</summary>
        Full,

        /// <summary>The queue is closed.</summary>
        Dropped,
    }

    /// <summary>What the sending thread has to do.</summary>
    public enum Turn
    {
        /// <summary>End.</summary>
        Nothing,

        /// <summary>Write the rest of the frame that was begun.</summary>
        Rest,

        /// <summary>Write the frame.</summary>
        Frame,
    }
}
