using ActorTrain.Actors.Protocol;
using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Actors.Tests.Cluster;

/// <summary>Who may take part, and what both sides are told otherwise.</summary>
public class AdmissionTests
{
    private static readonly TrainingPlan Plan = new(Tiny.Recipe, Tiny.Data.Description);

    private static readonly ClusterProtocol.Hello Fitting = new(
        ClusterProtocol.Version, "0.1.0", "b", Shards: 1, Tiny.Data.Sha256, "tiny", ["managed"]);

    [Fact]
    public void A_worker_with_the_same_version_data_and_kernel_takes_part() =>
        Assert.Null(Admission.Refusal(Fitting, Plan, "0.1.0"));

    [Fact]
    public void A_worker_of_another_version_is_refused_and_told_both()
    {
        Assert.Equal(
            "it runs version 0.0.9 (protocol 1), the server 0.1.0 (protocol 1); install the same version on all nodes.",
            Admission.Refusal(Fitting with { SoftwareVersion = "0.0.9" }, Plan, "0.1.0"));
        Assert.Equal(
            "it runs version 0.1.0 (protocol 2), the server 0.1.0 (protocol 1); install the same version on all nodes.",
            Admission.Refusal(Fitting with { ProtocolVersion = 2 }, Plan, "0.1.0"));
    }

    [Fact]
    public void A_stand_by_of_another_version_is_refused_too() => Assert.Equal(
        "it runs version 0.0.9 (protocol 1), the server 0.1.0 (protocol 1); install the same version on all nodes.",
        Admission.Refusal(new ClusterProtocol.StandbyHello(ClusterProtocol.Version, "0.0.9", "s2"), "0.1.0"));

    [Fact]
    public void A_holder_of_another_version_or_of_a_run_that_is_not_split_is_refused()
    {
        RangeProtocol.HolderHello hello = new(ClusterProtocol.Version, "0.1.0", "p1", "127.0.0.1", 4242, default);
        Assert.Null(Admission.Refusal(hello, isSplit: true, "0.1.0"));
        Assert.Equal(
            "it runs version 0.1.0 (protocol 1), the server 0.2.0 (protocol 1); install the same version on all nodes.",
            Admission.Refusal(hello, isSplit: true, "0.2.0"));
        Assert.Equal(
            "the server holds all parameters itself; give it --parameter-servers N to split them over N nodes of role "
                + "ps.",
            Admission.Refusal(hello, isSplit: false, "0.1.0"));
    }

    [Fact]
    public void A_worker_with_other_data_or_without_the_kernel_is_refused_with_what_to_do()
    {
        Assert.StartsWith(
            "its dataset 'tiny' has SHA-256 000000000000…, this run trains on ",
            Admission.Refusal(Fitting with { DataSha256 = new('0', 64) }, Plan, "0.1.0"), StringComparison.Ordinal);
        Assert.Equal(
            "this run's kernel is managed, the node has mkl, openblas; install managed there, or train with --kernel "
            + "managed, which every machine has.",
            Admission.Refusal(Fitting with { Kernels = ["mkl", "openblas"] }, Plan, "0.1.0"));
    }
}
