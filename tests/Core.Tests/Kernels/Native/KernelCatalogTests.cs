using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Kernels;

public class KernelCatalogTests
{
    [Fact]
    public void An_absent_MKL_is_one_error_that_says_how_to_install_it()
    {
        var vendor = new MklVendor { FileNames = ["libabsent_mkl.so.2", "libabsent_mkl.so"] };
        var error = Assert.Throws<KernelUnavailableException>(() => CblasLibrary.Load(vendor, []));
        Assert.Equal(
            "Kernel \"mkl\": libmkl_rt was not found (looked for libabsent_mkl.so.2, libabsent_mkl.so). Install Intel "
            + "oneMKL, or on Debian add the component non-free and run: apt-get install libmkl-rt. Or use --kernel "
            + "managed.",
            error.Message);
        Assert.Equal("mkl", error.Kernel);
    }

    [Fact]
    public void An_absent_OpenBLAS_is_one_error_that_names_the_folders_too()
    {
        var vendor = new OpenBlasVendor { FileNames = ["libabsent_openblas.so.0"] };
        var error = Assert.Throws<KernelUnavailableException>(
            () => CblasLibrary.Load(vendor, ["absent/folder", "another"]));
        Assert.Equal(
            "Kernel \"openblas\": libopenblas was not found (looked for libabsent_openblas.so.0, also in "
            + "absent/folder, another). Install OpenBLAS; on Debian run: apt-get install libopenblas0-pthread. Or use "
            + "--kernel managed.",
            error.Message);
    }

    [Fact]
    public void Another_library_under_that_name_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The C library's file name is known on Linux only.");
        var vendor = new OpenBlasVendor { FileNames = ["libc.so.6"] };
        Assert.Equal(
            "Kernel \"openblas\": libc.so.6 lacks functions that libopenblas should have. "
            + "Install OpenBLAS; on Debian run: apt-get install libopenblas0-pthread. Or use --kernel managed.",
            Assert.Throws<KernelUnavailableException>(() => CblasLibrary.Load(vendor, [])).Message);
    }

    [Fact]
    public void An_unknown_name_lists_the_known_ones()
    {
        var error = Assert.Throws<KernelUnavailableException>(() => MatMuls.Create("mlk"));
        Assert.Equal(
            "Kernel \"mlk\": there is no such kernel. Give one of managed, mkl, openblas, or auto.", error.Message);
    }

    [Fact]
    public void A_known_name_makes_that_kernel()
    {
        var catalog = new KernelCatalog(
            ("first", () => new CountingKernel("first")), ("second", () => new CountingKernel("second")));
        Assert.Equal<string>(["first", "second"], catalog.Names);
        Assert.Equal("second", catalog.Create("second").Name);
    }

    [Fact]
    public void The_managed_kernel_comes_first_and_is_always_there()
    {
        Assert.Equal<string>(["managed", "mkl", "openblas"], MatMuls.Names);
        Assert.IsType<ManagedMatMul>(MatMuls.Create("managed"));
    }

    [Fact]
    public void MKL_is_looked_for_in_the_installation_that_MKLROOT_names()
    {
        Assert.Equal<string>(
            [Path.Combine("root", "lib"), Path.Combine("root", "lib", "intel64"), Path.Combine("root", "bin")],
            MklVendor.FoldersOf("root"));
        Assert.Empty(MklVendor.FoldersOf(""));
        Assert.Empty(MklVendor.FoldersOf(null));
    }

    [Theory, InlineData("mkl"), InlineData("openblas")]
    public void A_native_kernel_is_made_by_name_though_it_is_not_in_the_folder_searched_first(string name)
    {
        NativeKernels.Require(name);
        Assert.Equal(name, MatMuls.Create(name, "absent/folder").Name);
    }
}
