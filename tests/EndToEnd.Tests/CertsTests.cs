using ActorTrain.Actors.Security;

namespace ActorTrain.EndToEnd.Tests;

public class CertsTests
{
    [Fact]
    public void Certificates_are_made_for_each_node_and_fit_together()
    {
        using var program = new TestProgram();
        var result = program.Run(
            "certs", "--out", "certs", "--host", "server-1,192.0.2.7", "--host", "2001:db8::7", "--days", "30");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(
            ["2001_db8__7-key.pem", "2001_db8__7.pem", "ca-key.pem", "ca.pem", "server-1-key.pem", "server-1.pem"],
            Directory.GetFiles(program.In("certs")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains(
            "  server-1.pem, server-1-key.pem: to the node at server-1, 192.0.2.7, and to no other",
            result.Output,
            StringComparison.Ordinal);
        var identity = ClusterIdentity.Load(
            program.In("certs", "ca.pem"),
            program.In("certs", "server-1.pem"),
            program.In("certs", "server-1-key.pem"));
        var now = TimeProvider.System.GetUtcNow();
        foreach (var use in new[] { CertificateUse.Server, CertificateUse.Client })
        {
            Assert.Null(Check("server-1", 29));
            Assert.Null(Check("192.0.2.7", 0));
            Assert.NotNull(Check("server-2", 0));
            Assert.NotNull(Check("server-1", 31));

            string? Check(string host, int days) =>
                CertificateRule.Check(identity.Node, identity.Authority, use, host, now.AddDays(days));
        }
    }

    [Fact]
    public void Nobody_else_may_read_a_key()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("files have no mode there");
            return;
        }
        using var program = new TestProgram();
        Assert.Equal(0, program.Run("certs", "--out", "certs").ExitCode);
        foreach (var key in new[] { "ca-key.pem", "localhost-key.pem" })
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(program.In("certs", key)));
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        using var program = new TestProgram();
        program.Run("certs", "--out", "certs");
        var before = File.ReadAllText(program.In("certs", "ca.pem"));
        var result = program.Run("certs", "--out", "certs", "--host", "server-1");
        Assert.Equal(2, result.ExitCode);
        Assert.Equal($"--out: {Path.Combine("certs", "ca.pem")} exists; give another folder.", result.Error.TrimEnd());
        Assert.Equal(before, File.ReadAllText(program.In("certs", "ca.pem")));
        Assert.False(File.Exists(program.In("certs", "server-1.pem")));
    }

    [Theory, InlineData("certs"), InlineData("there")]
    public void A_disk_that_is_full_before_the_last_file_leaves_nothing(string folder)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("needs a shell's ulimit to stand for a full disk");
        using var program = new TestProgram();
        Directory.CreateDirectory(program.In("there"));
        // Files of at most 1 KB: the authority's fit, a certificate for so many names does not.
        var hosts = string.Join(',', Enumerable.Range(1, 50).Select(i => $"server-{i}.example.org"));
        var result = program.RunInShell(
            "export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f 1",
            "certs", "--out", folder, "--host", hosts);
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"can't write {folder}: ", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.Equal([program.In("there")], Directory.GetFileSystemEntries(program.Folder));
        Assert.Empty(Directory.GetFileSystemEntries(program.In("there")));
        Assert.Equal(0, program.Run("certs", "--out", folder).ExitCode);
        Assert.Equal(
            ["ca-key.pem", "ca.pem", "localhost-key.pem", "localhost.pem"],
            Directory.GetFileSystemEntries(program.In(folder)).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("../x", "--host: '../x' is neither a name nor an address; give for example worker-1 or 192.0.2.7.")]
    [InlineData("1.2.3", "--host: '1.2.3' is neither a name nor an address; give for example worker-1 or 192.0.2.7.")]
    [InlineData("7", "--host: '7' is neither a name nor an address; give for example worker-1 or 192.0.2.7.")]
    [InlineData(
        "192.0.2.256",
        "--host: '192.0.2.256' is neither a name nor an address; give for example worker-1 or 192.0.2.7.")]
    [InlineData(
        "[::1]:80", "--host: '[::1]:80' is neither a name nor an address; give for example worker-1 or 192.0.2.7.")]
    [InlineData("a --host a", "--host: two files would be called a.pem; give each node another name first.")]
    [InlineData("ca", "--host: two files would be called ca.pem; give each node another name first.")]
    [InlineData("ca-key", "--host: two files would be called ca-key.pem; give each node another name first.")]
    [InlineData("a --host a-key", "--host: two files would be called a-key.pem; give each node another name first.")]
    [InlineData("A-Key --host a", "--host: two files would be called a-key.pem; give each node another name first.")]
    [InlineData("a --days 0", "--days is 0; give 1 to 36500.")]
    public void A_wrong_option_is_one_line_and_exit_code_2(string options, string message)
    {
        using var program = new TestProgram();
        var result = program.Run(["certs", "--out", "certs", "--host", .. options.Split(' ')]);
        Assert.Equal(message, result.Error.TrimEnd());
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(program.Folder));
    }
}
