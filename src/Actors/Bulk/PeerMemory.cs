using System.IO.MemoryMappedFiles;
using ActorTrain.Kernels;

namespace ActorTrain.Actors.Bulk;

/// <summary>
/// Reads what a peer's <see cref="SharedMemory"/> holds. Whatever the peer says, only files that such memory made are
/// opened, and only within their bounds. For one thread.
/// </summary>
internal sealed class PeerMemory : IDisposable
{
    private const int MostFiles = 64;

    private readonly Dictionary<Guid, (MemoryMappedViewAccessor View, MappedFloats Floats)> _files = [];

    /// <summary>Whether a place can be read here.</summary>
    public bool CanRead(SharedPlace place) => Open(place) is not null;

    /// <summary>Copies what is at a place.</summary>
    /// <param name="place">Where, and which contents.</param>
    /// <param name="destination">Unspecified after an exception.</param>
    /// <exception cref="FrameException">There is no such place, or no longer what was there.</exception>
    public void Read(SharedPlace place, Span<byte> destination)
    {
        var floats = Open(place) ?? throw new FrameException("a place in shared memory that can't be read");
        if (place.Offset < 0 || place.Offset > (floats.GetSpan().Length * (long)sizeof(float)) - destination.Length)
            throw new FrameException("a place beyond its shared memory");
        if (!floats.TryCopy(place.Offset, destination, place.Generation))
            throw new FrameException("a place in shared memory that was used again before it was read");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (view, floats) in _files.Values)
        {
            ((IDisposable)floats).Dispose();
            view.Dispose();
        }
        _files.Clear();
    }

    private MappedFloats? Open(SharedPlace place)
    {
        if (_files.TryGetValue(place.Id, out var known)) return known.Floats;
        if (_files.Count == MostFiles) return null;
        var path = $"/proc/{place.Process}/fd/{place.File}";
        try
        {
            // The name first: opening anything else might wait, or have an effect.
            if (new FileInfo(path).LinkTarget?.StartsWith(SharedMemory.NamePrefix, StringComparison.Ordinal) != true)
                return null;
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            Span<byte> id = stackalloc byte[16];
            if (file.Length < SharedMemory.HeaderBytes || file.Read(id) < id.Length || new Guid(id) != place.Id)
                return null;
            using var mapping = MemoryMappedFile.CreateFromFile(
                file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            var view = mapping.CreateViewAccessor(0, file.Length, MemoryMappedFileAccess.Read);
            var count = (file.Length - SharedMemory.HeaderBytes) / sizeof(float);
            MappedFloats floats = new(view.SafeMemoryMappedViewHandle, SharedMemory.HeaderBytes, checked((int)count));
            _files[place.Id] = (view, floats);
            return floats;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OverflowException)
        {
            return null;
        }
    }
}
