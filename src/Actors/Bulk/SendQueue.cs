namespace ActorTrain.Actors.Bulk;

/// <summary>Frames that wait to be sent, at most so many. Any thread may add; one takes.</summary>
internal sealed class SendQueue(int capacity)
{
    private readonly object _lock = new();
    private readonly (BulkHeader Header, ReadOnlyMemory<byte> Payload)[] _frames = new (BulkHeader, ReadOnlyMemory<byte>)[capacity];
    private int _first;
    private int _count;
    private bool _isTaken;
    private bool _isClosed;

    /// <summary>Frames that wait, and the one that was taken last until the next is asked for.</summary>
    public int Pending
    {
        get
        {
            lock (_lock) return _isClosed ? 0 : _count + (_isTaken ? 1 : 0);
        }
    }

    /// <summary>Adds a frame, or drops it when the queue is closed.</summary>
    /// <returns>Whether there was room.</returns>
    public bool TryAdd(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        lock (_lock)
        {
            if (_isClosed) return true;
            if (_count == capacity) return false;
            _frames[(_first + _count) % capacity] = (header, payload);
            _count++;
            Monitor.Pulse(_lock);
            return true;
        }
    }

    /// <summary>Waits for a frame; the one before is sent.</summary>
    /// <returns>Whether there is one: not when the queue is closed.</returns>
    public bool TryTake(out BulkHeader header, out ReadOnlyMemory<byte> payload)
    {
        lock (_lock)
        {
            _isTaken = false;
            while (_count == 0 && !_isClosed) Monitor.Wait(_lock);
            (header, payload) = _isClosed ? default : _frames[_first];
            if (_isClosed) return false;
            _frames[_first] = default;
            _first = (_first + 1) % capacity;
            _count--;
            _isTaken = true;
            return true;
        }
    }

    /// <summary>Drops what waits, and takes nothing more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Array.Clear(_frames);
            Monitor.PulseAll(_lock);
        }
    }
}
