using System.Runtime.InteropServices;

namespace ActorTrain;

/// <summary>
/// Asks the system for large pages. Minibatches read images from all over a data set: with pages of 4 KB a processor
/// looks up a page for each of them, which takes longer than to read it.
/// </summary>
internal static unsafe partial class LargePages
{
    // What Linux uses on x86-64 and Arm.
    private const nuint PageBytes = 2 << 20;

    /// <summary>Of memory that nobody has written to yet. A hint: it changes no result.</summary>
    public static void AskFor(ReadOnlySpan<byte> memory)
    {
        if (!OperatingSystem.IsLinux()) return;
        const int hugePage = 14;
        try
        {
            fixed (byte* first = memory)
            {
                var start = ((nuint)first + PageBytes - 1) / PageBytes * PageBytes;
                var end = ((nuint)first + (nuint)memory.Length) / PageBytes * PageBytes;
                if (start < end) _ = Advise((void*)start, end - start, hugePage);
            }
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // No C library under this name: pages are as large as they are.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* start, nuint bytes, int advice);
}
