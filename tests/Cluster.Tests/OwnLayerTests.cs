using ActorTrain.EndToEnd.Tests;

namespace ActorTrain.Cluster.Tests;

/// <summary>The layers of docs/layers.md on a cluster.</summary>
public class OwnLayerTests
{
    [Fact]
    public async Task They_train_with_the_bits_of_one_process_and_a_worker_without_them_takes_no_part()
    {
        using var cluster = new TestCluster();
        var layers = LayerDocument.WriteLayers(cluster.Folder, LayerDocument.Layers);
        string[] own = ["--layers", "Acme.dll"];
        var server = cluster.Start(
            "server", "", [
                "train", "--data", SmallRun.Folder, "--model", "model.json", .. own, "--max-steps", "100", "--nodes",
                "1", "--shards", "1", "--port", cluster.Seeds.Split(':')[1], "--out", "run",
            ]);
        var poor = cluster.Worker("poor");
        await cluster.Line(
            poor, "node poor can't take part: recipe.model.layers[1].type is \"Acme.Scale\", a layer that is unknown "
            + "here; give the assembly that has it (--layers FILE.dll, in code a LayerRegistry), or one of Linear, ");
        Assert.Equal(1, (await poor.End()).ExitCode);

        cluster.Worker("good", own);
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        cluster.AssertPlainWords();
        var recipe = new Recipe
        {
            Model = ModelJson.Read(LayerDocument.ModelWithLayers, layers),
            Loss = new CrossEntropyLoss(),
            MaxSteps = 100,
        };
        var expected = Trainer.Train(
            recipe, SmallRun.Data, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(
            expected.State.Parameters.Sha256(),
            cluster.Report().GetProperty("weightsSha256").GetString());
    }
}
