using System.Net;

namespace ActorTrain.Actors.Bulk;

/// <summary>A peer that asks to be attached.</summary>
/// <param name="Run">The run that it takes part in.</param>
/// <param name="Token">What it was given for this.</param>
/// <param name="Address">Where it connects from.</param>
public sealed record AttachRequest(Guid Run, BulkToken Token, IPAddress Address);
