using System.CommandLine;
using ActorTrain;
using ActorTrain.Actors.Security;
using ActorTrain.Checkpoints;
using ActorTrain.Host;
using ActorTrain.Host.Commands;
using ActorTrain.Host.Terminal;
using ActorTrain.Kernels;

const int failure = 1, usage = 2;

// An error that can't be shown is no other error.
Console.SetError(new GuardedWriter(Console.Error, _ => { }));
RunOutput.Name();

var root = new RootCommand("Trains neural networks on CPUs, with the same bits on any number of cores.")
{
    TrainCommand.Create(),
    NodeCommand.Create(),
    UpCommand.Create(),
    EvaluateCommand.Create(),
    PredictCommand.Create(),
    ExportCommand.Create(),
    GradCheckCommand.Create(),
    BenchCommand.Create(),
    CertsCommand.Create(),
};
// A file's name may begin with @.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
var errors = ParseErrors.Of(parsed).ToList();
if (errors.Count > 0)
{
    foreach (var error in errors) Console.Error.WriteLine(error);
    Console.Error.WriteLine($"See: actortrain {ParseErrors.CommandOf(parsed)}--help");
    return usage;
}
try
{
    // Signals are the commands' own business: the first Ctrl-C writes a checkpoint.
    return await parsed.InvokeAsync(
        new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e) when (e is UsageException or ShapeMismatchException or RecipeException)
{
    Console.Error.WriteLine(e.Message);
    return usage;
}
catch (Exception e) when (e is FailureException or DatasetException or CheckpointException or KernelUnavailableException
    or IdentityException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return failure;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("stopped");
    return failure;
}
catch (Exception e)
{
    // Whatever nobody foresaw: one line instead of the runtime's abort.
    Console.Error.WriteLine(UnforeseenError.Text(e, Environment.GetEnvironmentVariable(UnforeseenError.Variable)));
    return failure;
}
