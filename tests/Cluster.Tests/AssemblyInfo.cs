// The processes of two tests would take the cores from each other, and the figures would say nothing.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
