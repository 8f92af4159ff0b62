using System.Runtime.InteropServices;
using System.Text;

namespace ActorTrain;

/// <summary>What a path names, where the runtime does not tell: devices, pipes, the file behind links.</summary>
internal static partial class FileTarget
{
    private const int MostLinks = 40;
    private static readonly string[] Descriptors = ["/proc/", "/dev/fd/"];

    // The layout of struct statx is the same for all processors; of its 256 bytes the mode is wanted.
    private const int StatusBytes = 256, ModeOffset = 28;
    private const int TypeOfMode = 0xF000, Regular = 0x8000, Folder = 0x4000;
    private const int WorkingFolder = -100;
    private const uint WantsType = 1;
    private const int MostPathBytes = 4096;

    /// <summary>
    /// Is it something that can be written to, never replaced: a device, a pipe, or what a process has open, as
    /// <c>/dev/stdout</c> is?
    /// </summary>
    public static bool IsStream(string path) =>
        !OperatingSystem.IsWindows() && File.Exists(path) && (IsDescriptor(path) || !IsRegular(path));

    /// <summary>The file that a path names behind all links; it need not exist.</summary>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    public static string Of(string path) => new FileInfo(path).LinkTarget is null
        ? path
        : RealPath(path) ?? File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    private static bool IsDescriptor(string path)
    {
        var at = Path.GetFullPath(path);
        for (var links = 0; links < MostLinks; links++)
        {
            if (Array.Exists(Descriptors, folder => at.StartsWith(folder, StringComparison.Ordinal))) return true;
            if (new FileInfo(at).LinkTarget is not { } link) return false;
            at = Path.GetFullPath(link, Path.GetDirectoryName(at)!);
        }
        return false;
    }

    // What can't be asked is taken for a file, and a folder is nobody's to write to.
    private static bool IsRegular(string path)
    {
        Span<byte> status = stackalloc byte[StatusBytes];
        try
        {
            if (Status(WorkingFolder, path, flags: 0, WantsType, status) != 0) return true;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return true;
        }
        return (MemoryMarshal.Read<ushort>(status[ModeOffset..]) & TypeOfMode) is Regular or Folder;
    }

    // Unlike the runtime's, right where a link with .. stands in a folder that is one itself.
    private static string? RealPath(string path)
    {
        Span<byte> real = stackalloc byte[MostPathBytes];
        try
        {
            return Resolve(path, real) == 0 ? null : Encoding.UTF8.GetString(real[..real.IndexOf((byte)0)]);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Status(int folder, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Resolve(string path, Span<byte> real);
}
