using System.Net;
using System.Security.Cryptography;
using ActorTrain.Core.Tests.Files;
using ActorTrain.Host.Data;

namespace ActorTrain.Host.Tests.Data;

public sealed class DownloaderTests : IDisposable
{
    private static readonly byte[] Contents = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 / 3))];
    private static readonly byte[] Wrong = [.. Contents.Select(b => (byte)~b)];

    private static readonly KnownFile Digits =
        new("digits.gz", Contents.Length, Convert.ToHexStringLower(SHA256.HashData(Contents)));

    private readonly MirrorServer _server = new();
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http =
        new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(1) };

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task A_file_of_the_right_SHA_256_gets_its_name()
    {
        await Fetch(_server.Mirror("a", new(Contents)));
        IsThere();
        Assert.Equal([("/a/digits.gz", 0)], _server.Requests);
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_taken_up_where_it_was()
    {
        await Fetch(_server.Mirror("a", new(Contents, CutAfter: 90_000)));
        IsThere();
        Assert.Equal(
            new (string, long)[]
            {
                ("/a/digits.gz", 0), ("/a/digits.gz", 90_000), ("/a/digits.gz", 180_000), ("/a/digits.gz", 270_000),
            },
            _server.Requests);
    }

    [Fact]
    public async Task A_later_run_goes_on_with_what_an_earlier_one_has()
    {
        await File.WriteAllBytesAsync(
            _folder.At("digits.gz.part"), Contents[..100_001], TestContext.Current.CancellationToken);
        await Fetch(_server.Mirror("a", new(Contents)));
        IsThere();
        Assert.Equal([("/a/digits.gz", 100_001)], _server.Requests);
    }

    [Fact]
    public async Task Another_mirror_goes_on_where_one_has_given_up()
    {
        // 16 requests of 1000 bytes, and no more patience with it.
        await Fetch(_server.Mirror("slow", new(Contents, CutAfter: 1000)), _server.Mirror("b", new(Contents)));
        IsThere();
        Assert.Equal(17, _server.Requests.Count);
        Assert.Equal(("/b/digits.gz", 16_000), _server.Requests.Last());
    }

    [Fact]
    public async Task A_server_that_knows_no_ranges_is_read_from_the_beginning()
    {
        await File.WriteAllBytesAsync(
            _folder.At("digits.gz.part"), Wrong[..5000], TestContext.Current.CancellationToken);
        await Fetch(_server.Mirror("a", new(Contents, KnowsRanges: false)));
        IsThere();
    }

    [Fact]
    public async Task A_mirror_with_another_file_is_passed_over()
    {
        await Fetch(_server.Mirror("a", new(Wrong)), _server.Mirror("b", new(Contents)));
        IsThere();
        Assert.Equal([("/a/digits.gz", 0), ("/b/digits.gz", 0)], _server.Requests);
    }

    [Fact]
    public async Task A_part_that_was_wrong_spoils_no_mirror()
    {
        await File.WriteAllBytesAsync(
            _folder.At("digits.gz.part"), Wrong[..5000], TestContext.Current.CancellationToken);
        await Fetch(_server.Mirror("a", new(Contents)));
        IsThere();
        Assert.Equal([("/a/digits.gz", 5000), ("/a/digits.gz", 0)], _server.Requests);
    }

    [Fact]
    public async Task Mirrors_that_are_gone_too_long_or_too_short_are_passed_over()
    {
        await Fetch(
            new Uri("http://127.0.0.1:1/"),
            _server.Mirror("gone", new([], Status: HttpStatusCode.NotFound)),
            _server.Mirror("long", new([.. Contents, 1])),
            _server.Mirror("short", new(Wrong[..1000])),
            _server.Mirror("b", new(Contents)));
        IsThere();
    }

    [Fact]
    public async Task A_mirror_that_brings_nothing_any_more_is_left_for_another()
    {
        var mirrors = new[]
        {
            _server.Mirror("stalled", new(Contents, StallsAt: 7000)), _server.Mirror("b", new(Contents)),
        };
        await new Downloader(_http, TimeSpan.FromSeconds(2)).Fetch(
            Digits, mirrors, _folder.Path, TestContext.Current.CancellationToken);
        IsThere();
        Assert.Equal(
            [("/stalled/digits.gz", 0), ("/stalled/digits.gz", 7000), ("/b/digits.gz", 7000)], _server.Requests);
    }

    [Fact]
    public async Task When_no_mirror_has_it_the_error_says_what_was_wrong_with_each_and_no_file_is_there()
    {
        var (gone, wrong) = (
            _server.Mirror("gone", new([], Status: HttpStatusCode.NotFound)), _server.Mirror("wrong", new(Wrong)));
        var error = await Assert.ThrowsAsync<FailureException>(() => Fetch(gone, wrong));
        Assert.Equal(
            $"digits.gz could not be downloaded ({gone}digits.gz: HTTP status 404 NotFound; {wrong}digits.gz: another "
            + $"SHA-256 than {Digits.Sha256}); try again, or put the file into {_folder.Path} yourself.",
            error.Message);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task What_arrived_before_all_mirrors_failed_is_kept_for_the_next_run()
    {
        var mirror = _server.Mirror("slow", new(Contents, CutAfter: 1000));
        await Assert.ThrowsAsync<FailureException>(() => Fetch(mirror));
        Assert.Equal(["digits.gz.part"], _folder.Names);
        _server.Mirror("slow", new(Contents));
        await Fetch(mirror);
        IsThere();
        Assert.Equal(("/slow/digits.gz", 16_000), _server.Requests.Last());
    }

    [Fact]
    public async Task A_data_set_is_fetched_file_by_file_but_for_those_that_are_there()
    {
        await File.WriteAllTextAsync(_folder.At("old.gz"), "", TestContext.Current.CancellationToken);
        var known = new KnownDataset(
            "digits", [_server.Mirror("a", new(Contents))], [Digits, new("old.gz", 9, ""), Digits with { Name = "b" }]);
        var told = new List<string>();
        await NamedData.Download(known, _folder.Path, new(_http, TimeSpan.FromMinutes(1)), told.Add);
        Assert.Equal(["b", "digits.gz", "old.gz"], _folder.Names);
        Assert.Equal(
            [
                $"digits: downloading digits.gz (0.3 MB) to {_folder.Path}",
                $"digits: downloading b (0.3 MB) to {_folder.Path}",
            ],
            told);
    }

    [Fact]
    public void Known_data_sets_have_the_four_files_of_MNIST()
    {
        foreach (var known in new[] { KnownDataset.Mnist, KnownDataset.FashionMnist })
        {
            Assert.Same(known, KnownDataset.Of(known.Name));
            Assert.Equal(
                [
                    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
                    "t10k-labels-idx1-ubyte.gz",
                ],
                known.Files.Select(file => file.Name));
            Assert.All(known.Files, file => Assert.Matches("^[0-9a-f]{64}$", file.Sha256));
            Assert.All(known.Mirrors, mirror => Assert.EndsWith("/", mirror.AbsoluteUri, StringComparison.Ordinal));
        }
        Assert.Null(KnownDataset.Of("cifar"));
    }

    private Task Fetch(params IEnumerable<Uri> mirrors) => new Downloader(_http, TimeSpan.FromMinutes(1)).Fetch(
        Digits, mirrors, _folder.Path, TestContext.Current.CancellationToken);

    private void IsThere()
    {
        Assert.Equal(["digits.gz"], _folder.Names);
        Assert.Equal(Contents, File.ReadAllBytes(_folder.At("digits.gz")));
    }
}
