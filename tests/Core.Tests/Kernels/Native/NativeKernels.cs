using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Kernels;

/// <summary>Kernels that a machine may lack: the test is then skipped with the kernel's own explanation.</summary>
internal static class NativeKernels
{
    public static CblasMatMul Require(string name)
    {
        try
        {
            return name == "mkl" ? CblasMatMul.LoadMkl() : CblasMatMul.LoadOpenBlas();
        }
        catch (KernelUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    public static MklLinearAlgebraProvider RequireMklProvider()
    {
        Require("mkl");
        return MklLinearAlgebraProvider.Load();
    }
}
