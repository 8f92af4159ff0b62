using System.IO.MemoryMappedFiles;
using System.Runtime.Versioning;
using ActorTrain.Kernels;

namespace ActorTrain.Actors.Bulk;

/// <summary>
/// Vectors of this process that other processes of the same user and machine can read: what is in them needs no way
/// through a socket. Each lies in a file of memory without a name, so that nothing is left of it when the process ends,
/// however it ends. Linux only. For many threads.
/// </summary>
/// <remarks>
/// Nobody knows when a peer reads the place that it was told: a server that is paused may do so when this process has
/// long written for the next one there. So each vector has a generation in its file. Whoever hands the memory out to be
/// written anew (<see cref="Arena"/>, <see cref="VectorPool"/>) raises it before the first write; a place names the
/// generation that it was told with; who reads compares before and after the copy, and closes the link when it is
/// another one.
/// </remarks>
public sealed class SharedMemory
{
    /// <summary>The beginning of a file's name before it loses it.</summary>
    internal const string NamePrefix = Folder + "/actortrain-";

    /// <summary>Bytes of a file before its floats: its id first, their generation last.</summary>
    internal const int HeaderBytes = 4096;

    private const string Folder = "/dev/shm";

    // Each keeps a file open and mapped until the end; a run needs about ten.
    private const int MostVectors = 64;

    // Below, a frame through the socket costs no more.
    private const int LeastFloats = 1 << 16;

    private readonly Lock _lock = new();
    private readonly List<(MappedFloats Floats, SharedPlace Place, FileStream File)> _vectors = [];

    private SharedMemory()
    {
    }

    /// <summary>Somewhere in it, for a peer to try whether it can read.</summary>
    internal SharedPlace Probe { get; private set; }

    /// <summary>This process's; none: it can't be had here.</summary>
    public static SharedMemory? TryCreate()
    {
        if (!OperatingSystem.IsLinux() || !BitConverter.IsLittleEndian) return null;
        var memory = new SharedMemory();
        if (memory.TryAdd(count: 16) is not var (_, place)) return null;
        memory.Probe = place;
        return memory;
    }

    /// <summary>Memory for a vector that is worth it; empty: for others, or where there is no more.</summary>
    public Memory<float> Take(int count)
    {
        if (count < LeastFloats) return default;
        lock (_lock) return _vectors.Count < MostVectors && TryAdd(count) is var (floats, _) ? floats.Memory : default;
    }

    /// <summary>Where bytes lie in it, as long as nobody writes there anew; none: they do not.</summary>
    internal SharedPlace? PlaceOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LeastFloats * sizeof(float)) return null;
        lock (_lock)
        {
            foreach (var (floats, place, _) in _vectors)
                if (floats.OffsetOf(bytes) is >= 0 and var offset)
                    return place with { Offset = offset, Generation = floats.Generation };
        }
        return null;
    }

    private (MappedFloats Floats, SharedPlace Place)? TryAdd(int count) =>
        OperatingSystem.IsLinux() ? TryAddFile(count) : null;

    [SupportedOSPlatform("linux")]
    private (MappedFloats Floats, SharedPlace Place)? TryAddFile(int count)
    {
        var (id, length) = (Guid.NewGuid(), HeaderBytes + (count * (long)sizeof(float)));
        try
        {
            var name = $"{NamePrefix}{id:N}";
            // Reserved, not only named: a page that can't be had later would end the process.
            var file = new FileStream(name, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                PreallocationSize = length,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            File.Delete(name);
            file.SetLength(length);
            file.Write(id.ToByteArray());
            file.Flush();
            var mapping = MemoryMappedFile.CreateFromFile(
                file, null, length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
            var floats = new MappedFloats(
                mapping.CreateViewAccessor(0, length).SafeMemoryMappedViewHandle, HeaderBytes, count);
            var place = new SharedPlace(
                Environment.ProcessId, (int)file.SafeFileHandle.DangerousGetHandle(), id, Offset: 0, Generation: 0);
            _vectors.Add((floats, place, file));
            return (floats, place);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
