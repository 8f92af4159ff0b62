using System.Net;
using System.Security.Cryptography;

namespace ActorTrain.Host.Data;

/// <summary>
/// Fetches files whose length and SHA-256 are known, from the first mirror that has them. What arrived before a
/// connection was cut is kept beside the file, and the next request, of this mirror, of another, or of a later run,
/// goes on behind it. The file's own name is given to it when it is complete and right.
/// </summary>
/// <param name="http">Its time-out bounds the wait for an answer's beginning.</param>
/// <param name="patience">How long a body may bring nothing.</param>
internal sealed class Downloader(HttpClient http, TimeSpan patience)
{
    /// <summary>How the names of files end that are not complete.</summary>
    public const string PartSuffix = ".part";

    private const int MostRequestsOfMirror = 16;
    private const int BufferBytes = 1 << 16;

    /// <summary>Fetches one file into a folder.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mirrors">Where it may be, in order.</param>
    /// <param name="folder">Exists.</param>
    /// <param name="cancellation">Ends it; what arrived stays.</param>
    /// <exception cref="FailureException">No mirror has the file; the message says what each did.</exception>
    public async Task Fetch(
        KnownFile file, IEnumerable<Uri> mirrors, string folder, CancellationToken cancellation = default)
    {
        var path = Path.Combine(folder, file.Name);
        var troubles = new List<string>();
        foreach (var mirror in mirrors)
        {
            var address = new Uri(mirror, file.Name);
            var trouble = await FetchFrom(address, file, path + PartSuffix, cancellation);
            if (trouble is null)
            {
                File.Move(path + PartSuffix, path, overwrite: true);
                return;
            }
            troubles.Add($"{address}: {trouble}");
        }
        throw new FailureException(
            $"{file.Name} could not be downloaded ({string.Join("; ", troubles)}); try again, or put the file into "
            + $"{folder} yourself.");
    }

    // What went wrong; nothing: `part` is the file.
    private async Task<string?> FetchFrom(Uri address, KnownFile file, string part, CancellationToken cancellation)
    {
        string? trouble = null;
        for (var request = 0; request < MostRequestsOfMirror; request++)
        {
            var before = LengthOf(part);
            trouble = before < file.Bytes ? await GoOn(address, file, part, before, cancellation) : null;
            if (trouble is null)
            {
                if (before <= file.Bytes && Sha256Of(part) == file.Sha256) return null;
                File.Delete(part);
                trouble = $"another SHA-256 than {file.Sha256}";
                // Perhaps it was the part from elsewhere that was wrong: once more from the beginning.
                if (before == 0) return trouble;
            }
            else if (LengthOf(part) <= before)
            {
                return trouble;
            }
        }
        return trouble;
    }

    private async Task<string?> GoOn(
        Uri address, KnownFile file, string part, long start, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (start > 0) request.Headers.Range = new(start, null);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode)
                return $"HTTP status {(int)response.StatusCode} {response.ReasonPhrase}";
            var isRest = response.StatusCode == HttpStatusCode.PartialContent;
            if (isRest && response.Content.Headers.ContentRange?.From != start)
                return $"answered with {response.Content.Headers.ContentRange} instead of the bytes from {start}";
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            // A server that knows no ranges sends everything.
            await using var output = new FileStream(
                part, isRest ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.None);
            return await Copy(body, output, file.Bytes, cancellation);
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "no answer in time";
        }
    }

    private async Task<string?> Copy(Stream body, FileStream output, long bytes, CancellationToken cancellation)
    {
        var buffer = new byte[BufferBytes];
        string? trouble = null;
        while (true)
        {
            (var read, trouble) = await Read(body, buffer, cancellation);
            if (read == 0) break;
            if (output.Position + read > bytes)
            {
                output.SetLength(0);
                return $"more than {bytes} bytes";
            }
            await output.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }
        output.Flush(flushToDisk: true);
        return output.Position == bytes ? null : trouble ?? $"ended after {output.Position} of {bytes} bytes";
    }

    private async Task<(int Read, string? Trouble)> Read(
        Stream body, Memory<byte> buffer, CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        waiting.CancelAfter(patience);
        try
        {
            return (await body.ReadAsync(buffer, waiting.Token), null);
        }
        catch (IOException e)
        {
            return (0, e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (0, "the connection brought nothing any more");
        }
    }

    private static long LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    private static string Sha256Of(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
