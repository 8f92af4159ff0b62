using ActorTrain.Architecture.Tests;
using ActorTrain.Core.Tests.Files;
using ActorTrain.Host.Configuration;

namespace ActorTrain.Host.Tests;

// One of them sets the environment, which all read.
[Collection("settings")]
public sealed class TrainConfigurationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Mistakes => new()
    {
        {
            """{"Trainng":{"Epochs":1}}""",
            "--config: FILE: 'Trainng' is no section; there are Training and Cluster."
        },
        {
            """{"Epochs":1,"port":2}""",
            "--config: FILE: 'Epochs' is no section; there are Training and Cluster, and Training has a setting of "
            + "this name.\n--config: FILE: 'port' is no section; there are Training and Cluster, and Cluster has a "
            + "setting of this name."
        },
        {
            """{"epochs":1,"loss":{"type":"cross-entropy"}}""",
            "--config: FILE is a recipe or a model file; give it with --model."
        },
        {
            """{"layers":[{"type":"MyOwn"}]}""",
            "--config: FILE is a recipe or a model file; give it with --model."
        },
        {
            """{"Training":{"Hidden":[8,9]}}""",
            "Training:Hidden (--hidden) is a list; give one text: \"8,9\"."
        },
        {
            """{"Training":{"Epochs":{"a":3}}}""",
            "Training:Epochs (--epochs) is an object with a; give one value."
        },
        {
            """{"Training":"x"}""",
            "Training is 'x'; give an object with settings: {\"Training\": {\"Data\": …}}."
        },
        {
            "{\n  \"Training\": {\n    Epochs\n}}",
            "--config: FILE, line 3: not JSON: 'E' is an invalid start of a property name. Expected a '\"'."
        },
        { "[1]", "--config: FILE: Top-level JSON element must be an object. Instead, 'Array' was found." },
        {
            """{"Training":{"Epochs":1,"epochs":2}}""",
            "--config: FILE: A duplicate key 'Training:epochs' was found."
        },
    };

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Mistakes))]
    public void What_nobody_reads_is_named(string json, string message) => Assert.Equal(
        message.Replace("FILE", _folder.At("c.json"), StringComparison.Ordinal),
        Assert.Throws<UsageException>(() => Read("c.json", json)).Message);

    [Theory, InlineData("recipes/cnn.json"), InlineData("models/mlp.json")]
    public void A_ready_recipe_or_model_is_no_configuration(string file)
    {
        var path = Repository.In("configs", file);
        Assert.Equal(
            $"--config: {path} is a recipe or a model file; give it with --model.",
            Assert.Throws<UsageException>(() => TrainConfiguration.Build(path, [])).Message);
    }

    [Fact]
    public void Sections_of_the_host_comments_and_names_with_a_dot_first_are_taken() => Assert.Equal(
        3, Read(".c.json", """
            {
              // A comment.
              "$schema": "x", "Logging": { "LogLevel": { "Default": "None" } }, "AllowedHosts": "*",
              "Training": { "Epochs": 3, "Seed": null },
            }
            """).Epochs);

    [Fact]
    public void A_variable_of_no_section_is_named()
    {
        const string variable = "ACTORTRAIN__TRANING__EPOCHS";
        Environment.SetEnvironmentVariable(variable, "1");
        try
        {
            Assert.Equal(
                $"{variable}: 'TRANING' is no section; there are Training and Cluster.",
                Assert.Throws<UsageException>(() => TrainConfiguration.Build(file: null, [])).Message);
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
    }

    private TrainSettings Read(string name, string json)
    {
        File.WriteAllText(_folder.At(name), json);
        return TrainSettings.Read(TrainConfiguration.Build(_folder.At(name), []));
    }
}
