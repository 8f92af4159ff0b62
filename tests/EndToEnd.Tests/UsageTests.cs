using System.Net;
using System.Net.Sockets;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>Wrong input: one clear error, exit code 2 for usage, 1 for failure.</summary>
public class UsageTests
{
    [Theory]
    [InlineData("--epochs 0", "Training:Epochs (--epochs) is '0'; give a whole number from 1 to 1000000.")]
    [InlineData(
        "--batch-size many", "Training:BatchSize (--batch-size) is 'many'; give a whole number from 1 to 1000000.")]
    [InlineData("--kernel fast", "Training:Kernel (--kernel) is 'fast'; give managed, mkl, openblas, auto.")]
    [InlineData("--hidden 128,x", "Training:Hidden (--hidden) is '128,x'; give sizes from 1 to 1000000 with commas "
        + "between them, for example 128,64, or none.")]
    [InlineData(
        "--strategy local:4 --compression bf16",
        "compression is bf16 with strategy local:4; give none: local steps send parameters, not gradients.")]
    [InlineData(
        "--drop-last true --batch-size 100000",
        "batch-size is 100000 with drop-last, but there are only 60000 examples; give at most 60000.")]
    [InlineData("--nodes x", "Training:Nodes (--nodes) is 'x'; give a whole number from 0 to 1024.")]
    [InlineData(
        "--shards 0", "Training:Shards (--shards) is '0'; give 1 or more, or --nodes N to train on worker nodes only.")]
    [InlineData(
        "--parameter-servers 2", "Cluster:ParameterServers (--parameter-servers) is '2'; give it with --nodes N: the "
        + "parameters are split for worker nodes.")]
    [InlineData(
        "--parameter-servers 65 --nodes 1",
        "Cluster:ParameterServers (--parameter-servers) is '65'; give a whole number from 0 to 64.")]
    [InlineData(
        "--parameter-servers 2 --nodes 1 --shards 1",
        "parameter-servers is 2 with shards 1; give the server shards 0: it has no parameters to compute from.")]
    [InlineData(
        "--parameter-servers 2 --nodes 1 --strategy async",
        "parameter-servers is 2 with strategy async and compression none; give strategy sync and compression none, "
        + "or parameter-servers 0.")]
    [InlineData(
        "--data nowhere",
        "--data: 'nowhere' is neither a name nor a folder; give mnist, fashion-mnist, emnist-digits …, or a folder of "
        + "IDX files or of pictures in train/CLASS and test/CLASS.")]
    [InlineData(
        "--model nowhere.json",
        "--model: 'nowhere.json' is neither mlp nor a file; give mlp, or a JSON file with layers or a recipe.")]
    [InlineData("--resume nowhere", "--resume: nowhere does not exist; give a checkpoint file or a run's folder.")]
    [InlineData(
        "--config nowhere.json",
        "--config: nowhere.json does not exist; give a JSON file, for example one of configs/.")]
    [InlineData(
        "--hidden 340000 --batch-size 4",
        "the model has 270300010 parameters, and a checkpoint, of at most 2147483591 bytes, holds 2 numbers for each "
        + "with this optimizer; give a model of at most 268304376.")]
    [InlineData(
        "--augment shift:2147483647",
        "augmentation: RandomCrop has padding 2147483647 for images of 28x28 pixels; give at most 28, beyond which "
        + "nothing is left of them.")]
    public void A_wrong_option_is_one_line_and_exit_code_2(string options, string message)
    {
        using var program = new TestProgram();
        var result = program.Run(["train", .. options.Split(' ')]);
        Assert.Equal(message, result.Error.TrimEnd());
        Assert.Equal("", result.Output);
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(program.Folder));
    }

    [Theory]
    [InlineData("x", "--shape is 'x'; give sizes from 1 with commas between them: 1,28,28.")]
    [InlineData(
        "2000000000,2000000000",
        "--shape is '2000000000,2000000000'; give sizes whose product is at most 16777216.")]
    public void A_wrong_shape_of_examples_is_one_line_and_exit_code_2(string shape, string message)
    {
        using var program = new TestProgram();
        var result = program.Run("gradcheck", "--shape", shape);
        Assert.Equal((2, "", message), (result.ExitCode, result.Output, result.Error.TrimEnd()));
    }

    [Theory]
    [InlineData("train --nodes 1 --port PORT", "--port")]
    [InlineData("train --nodes 1 --bulk-port PORT", "--bulk-port")]
    [InlineData("node --role server --port PORT", "--port")]
    [InlineData("node --role worker --seed-node 127.0.0.1:9 --port PORT", "--port")]
    [InlineData("node --role ps --seed-node 127.0.0.1:9 --bulk-port PORT", "--bulk-port")]
    public void A_port_that_somebody_else_listens_on_is_one_line_and_exit_code_1(string options, string option)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = $"{((IPEndPoint)other.LocalEndpoint).Port}";
        using var program = new TestProgram();
        var result = program.Run(options.Replace("PORT", port, StringComparison.Ordinal).Split(' '));
        Assert.Equal(
            (1, $"port {port} at 127.0.0.1 is in use; give another one ({option}), or stop the process that listens "
                + "there."),
            (result.ExitCode, result.Error.TrimEnd()));
        Assert.Equal("", result.Output);
        Assert.Empty(Directory.GetFileSystemEntries(program.Folder));
    }

    [Theory]
    [InlineData("--role worker", "a server")]
    [InlineData("--role ps", "a server")]
    [InlineData("--role worker --through b", "aggregator b")]
    [InlineData("--role aggregator --nodes 1", "its members and a server")]
    public async Task A_node_that_is_in_no_run_says_whom_it_waits_for(string options, string other)
    {
        using var program = new TestProgram();
        var node = program.Start(
            [], ["node", "--name", "a", "--seed-node", "127.0.0.1:1", .. options.Split(' ')]);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        enough.CancelAfter(TimeSpan.FromMinutes(1));
        Assert.Equal(
            $"a: not in a run yet; waiting for {other} (seed nodes: 127.0.0.1:1)",
            await node.StandardOutput.ReadLineAsync(enough.Token));
    }

    [Fact]
    public void Every_mistake_is_named_at_once()
    {
        using var program = new TestProgram();
        var result = program.Run([("ACTORTRAIN__TRAINING__SHARDS", "2000")], "train", "--epochs", "0");
        Assert.Equal(
            "Training:Epochs (--epochs) is '0'; give a whole number from 1 to 1000000.\nTraining:Shards (--shards) is "
            + "'2000'; give a whole number from 0 to 1024.",
            result.Error.TrimEnd().ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("train --report", "Training:Report (--report) is ''; give a path, or leave it out.")]
    [InlineData("train --out", "Training:Out (--out) is ''; give a path, or leave it out.")]
    [InlineData("certs --out", "--out is ''; give a folder.")]
    public void An_empty_path_is_one_line_and_exit_code_2(string options, string message)
    {
        using var program = new TestProgram();
        var result = program.Run([.. options.Split(' '), ""]);
        Assert.Equal((2, message), (result.ExitCode, result.Error.TrimEnd()));
        Assert.Empty(Directory.GetFileSystemEntries(program.Folder));
    }

    [Fact]
    public void An_error_that_can_not_be_shown_keeps_its_exit_code()
    {
        if (!File.Exists("/dev/full")) Assert.Skip("needs a device that is always full");
        using var program = new TestProgram();
        Assert.Equal(2, program.RunInShell("exec 2>/dev/full", "train", "--epochs", "abc").ExitCode);
    }

    [Fact]
    public void A_variable_that_nobody_reads_is_named()
    {
        using var program = new TestProgram();
        var result = program.Run([("ACTORTRAIN__TRANING__EPOCHS", "1")], "train");
        Assert.Equal(
            (2, "ACTORTRAIN__TRANING__EPOCHS: 'TRANING' is no section; there are Training and Cluster."),
            (result.ExitCode, result.Error.TrimEnd()));
    }

    [Fact]
    public void An_option_that_does_not_exist_is_named()
    {
        using var program = new TestProgram();
        var result = program.Run("train", "--epoch", "3");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("'--epoch'", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("See: actortrain train --help", result.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve --help", "Unrecognized command or argument 'serve'.", "")]
    [InlineData("bench top --help", "Unrecognized command or argument 'top'.", "bench ")]
    [InlineData("bench peak --foo", "Unrecognized command or argument '--foo'.", "bench peak ")]
    [InlineData("gradcheck --elements abc", "--elements is 'abc'; give a whole number.", "gradcheck ")]
    [InlineData("up --nodes=3", "Unrecognized command or argument '--nodes=3'.", "up ")]
    [InlineData("node --report=r.json", "Unrecognized command or argument '--report=r.json'.", "node ")]
    [InlineData("up --workers abc", "--workers is 'abc'; give a whole number.", "up ")]
    [InlineData("certs --out c --days abc", "--days is 'abc'; give a whole number.", "certs ")]
    public void A_command_line_that_can_not_be_read_is_one_line_and_where_to_look(
        string arguments, string message, string command)
    {
        using var program = new TestProgram();
        var result = program.Run(arguments.Split(' '));
        Assert.Equal(
            (2, $"{message}\nSee: actortrain {command}--help", ""),
            (result.ExitCode, result.Error.TrimEnd().ReplaceLineEndings("\n"), result.Output));
    }

    [Fact]
    public void A_kernel_that_a_recipe_names_and_a_file_that_begins_with_an_at_sign_are_what_they_say()
    {
        using var program = new TestProgram();
        File.WriteAllText(program.In("recipe.json"), """{"kernel":"foo"}""");
        var result = program.Run("train", "--model", "recipe.json");
        Assert.Equal(
            (2, "kernel is 'foo'; give managed, mkl, openblas, auto."), (result.ExitCode, result.Error.TrimEnd()));

        program.Weights([], "--hidden", "4", "--max-steps", "1", "--out", "run");
        result = program.Run("predict", "--checkpoint", "run", "@x.png");
        Assert.Equal(
            (1, "@x.png: no such file; give PNG files of digits."), (result.ExitCode, result.Error.TrimEnd()));
    }

    [Fact]
    public void A_model_file_whose_layers_do_not_fit_names_the_layer_and_the_mend()
    {
        using var program = new TestProgram();
        File.WriteAllText(program.In("model.json"),
            """
            {"layers":[
                {"name":"fc1","type":"Linear","in":784,"out":128},
                {"name":"fc2","type":"Linear","in":100,"out":10}]}
            """);
        var result = program.Run("train", "--model", "model.json");
        Assert.Equal(
            "--model: model.json: fc2: Linear(100, 10): input has shape [128], expected [100]. Use Linear(128, 10).",
            result.Error.TrimEnd());
        Assert.Equal(2, result.ExitCode);
    }

    [Fact]
    public void A_folder_without_data_is_a_failure_that_names_the_file()
    {
        using var program = new TestProgram();
        Directory.CreateDirectory(program.In("empty"));
        var result = program.Run("train", "--data", "empty");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("train-images-idx3-ubyte", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_data_file_is_a_failure_that_names_it()
    {
        using var program = new TestProgram();
        var mnist = Dataset.FindMnist();
        Directory.CreateDirectory(program.In("data"));
        foreach (var file in Directory.GetFiles(mnist, "*.gz"))
            File.Copy(file, program.In("data", Path.GetFileName(file)));
        using (var labels = File.OpenWrite(program.In("data", "train-labels-idx1-ubyte.gz"))) labels.SetLength(1000);
        var result = program.Run("train", "--data", "data");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("train-labels-idx1-ubyte.gz", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_a_failure_before_training()
    {
        using var program = new TestProgram();
        File.WriteAllText(program.In("file"), "");
        var result = program.Run("train", "--out", "file/run");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith(
            $"can't write {Path.Combine("file", "run", "recipe.json")}: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("epoch", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_takes_no_checkpoint_fails_the_run_and_leaves_no_half_written_file()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("needs a shell's ulimit to stand for a full disk");
        using var program = new TestProgram();
        // Files of at most 200 KB: the recipe fits, a checkpoint of 0.9 MB does not. (The JIT's doubly mapped memory is
        // a file too.)
        var result = program.RunInShell(
            "export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f 200", "train", "--out", "run",
            "--max-steps", "5");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no checkpoint: ", result.Output, StringComparison.Ordinal);
        Assert.StartsWith(
            "the run failed: the last checkpoint could not be written: ", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(program.In("run", "checkpoints")));
        Assert.False(File.Exists(program.In("run", "report.json")));
    }

    [Fact]
    public void Resuming_with_another_recipe_is_refused()
    {
        using var program = new TestProgram();
        program.Weights([], "--max-steps", "3", "--out", "run");
        var result = program.Run("train", "--resume", "run", "--batch-size", "32");
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("--resume: the options ask for another recipe than ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_holds_a_run_is_not_overwritten()
    {
        using var program = new TestProgram();
        program.Weights([], "--max-steps", "3", "--out", "run");
        var result = program.Run("train", "--out", "run");
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("--out: run holds a run already", result.Error, StringComparison.Ordinal);
    }
}
