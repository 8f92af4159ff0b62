using Akka.Hosting;

namespace ActorTrain.Actors.Tests;

public class Probe(ITestOutputHelper output) : Akka.Hosting.TestKit.TestKit(nameof(Probe), output)
{
    [Fact]
    public async Task Works() { TestActor.Tell("x", TestActor); await ExpectMsgAsync("x", cancellationToken: TestContext.Current.CancellationToken); }

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) { }
}
