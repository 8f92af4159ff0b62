using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace ActorTrain.Benchmarks;

/// <summary>
/// A step of two processes that both compute, side by side with PyTorch's DistributedDataParallel over gloo at the same
/// total minibatch of 64, and of a server with two workers. The contenders take turns, so that a noisy moment hits all.
/// </summary>
internal static class ClusterBenchmark
{
    private const int StepsPerEpoch = 938;

    // The first epoch of each run warms up.
    private static readonly (string Hidden, int Rounds, int Epochs)[] Models = [("128,64", 3, 3), ("1024,1024", 2, 2)];

    /// <param name="peers">The folder with <c>ddp_gloo.py</c>; none: without the peer.</param>
    public static void Run(string? peers)
    {
        var program = FindProgram();
        Console.WriteLine("A step of a cluster, microseconds, medians (least to most) of the last epochs of runs that took turns");
        Console.WriteLine($"{"hidden",-12}{"server+worker",30}{"server+2 workers",30}{"DDP gloo, world 2",30}{"ratio",8}");
        foreach (var (hidden, rounds, epochs) in Models)
        {
            List<double> one = [], two = [], ddp = [];
            for (var round = 0; round < rounds; round++)
            {
                one.AddRange(StepsOf(program, hidden, epochs, workers: 1, serverShards: 1));
                two.AddRange(StepsOf(program, hidden, epochs, workers: 2, serverShards: 0));
                if (peers is not null) ddp.AddRange(StepsOfDdp(peers, hidden));
            }
            var ratio = ddp.Count == 0 ? "" : (Median(ddp) / Median(one)).ToString("F2", CultureInfo.InvariantCulture);
            Console.WriteLine($"{hidden,-12}{Text(one),30}{Text(two),30}{(ddp.Count == 0 ? "absent" : Text(ddp)),30}{ratio,8}");
        }
    }

    private static List<double> StepsOf(string program, string hidden, int epochs, int workers, int serverShards)
    {
        var folder = Directory.CreateTempSubdirectory("actortrain-bench-").FullName;
        var port = FreePort();
        var children = new List<Process>();
        try
        {
            for (var i = 0; i < workers; i++)
                children.Add(Start("dotnet", [program, "node", "--role", "worker", "--seed-node", $"127.0.0.1:{port}", "--shards", "1", "--until-input-ends"]));
            using var server = Start("dotnet",
            [
                program, "train", "--nodes", $"{workers}", "--port", $"{port}", "--shards", $"{serverShards}", "--hidden", hidden,
                "--epochs", $"{epochs}", "--out", Path.Combine(folder, "run"),
            ]);
            var output = server.StandardOutput.ReadToEnd();
            server.WaitForExit();
            if (server.ExitCode != 0) throw new InvalidOperationException(output + server.StandardError.ReadToEnd());
            return [.. EpochSeconds(Path.Combine(folder, "run", "events.jsonl")).Skip(1).Select(s => s / StepsPerEpoch * 1e6)];
        }
        finally
        {
            foreach (var child in children)
            {
                child.Kill();
                child.Dispose();
            }
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<double> EpochSeconds(string events) =>
        from line in File.ReadAllLines(events)
        let json = JsonDocument.Parse(line).RootElement
        where json.GetProperty("event").GetString() == "EpochDone"
        select json.GetProperty("trainSeconds").GetDouble();

    // Prints "…, 1234 us/step" for each epoch; the first one warms up.
    private static IEnumerable<double> StepsOfDdp(string peers, string hidden)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(peers, "ddp_gloo.py"), Dataset.FindMnist(), "--world", "2", "--hidden", hidden, "--epochs", "2"])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return lines.Where(l => l.EndsWith("us/step", StringComparison.Ordinal)).Skip(1)
            .Select(l => double.Parse(l.Split(' ')[^2], CultureInfo.InvariantCulture));
    }

    private static Process Start(string file, IEnumerable<string> arguments) => Process.Start(new ProcessStartInfo(file, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    // Built beside this program, in the same configuration.
    private static string FindProgram()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var program = Path.Combine(folder.FullName, "src", "Host", "bin", "Release", "net10.0", "actortrain.dll");
            if (File.Exists(program)) return program;
        }
        throw new FileNotFoundException("actortrain.dll is not built; run: dotnet build src/Host -c Release");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Text(List<double> values) =>
        string.Create(CultureInfo.InvariantCulture, $"{Median(values):F0} ({values.Min():F0} to {values.Max():F0})");
}
