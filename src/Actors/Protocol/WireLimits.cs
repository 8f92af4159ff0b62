namespace ActorTrain.Actors.Protocol;

/// <summary>Bounds of what crosses the wire, in bytes of UTF-8 where it is text. Both sides keep to them.</summary>
public static class WireLimits
{
    /// <summary>Of a name, a host, a version, a hash.</summary>
    public const int MaxNameBytes = 200;

    /// <summary>Of a reason; a longer one is cut off, for a lost refusal would help nobody.</summary>
    public const int MaxReasonBytes = 1000;

    /// <summary>Of a recipe.</summary>
    public const int MaxRecipeBytes = 256 * 1024;

    /// <summary>Names in a list.</summary>
    public const int MaxNames = 32;

    /// <summary>Header of a bulk frame.</summary>
    public const int BulkHeaderBytes = 64;

    /// <summary>Payload in one piece of a bulk frame.</summary>
    public const int MaxChunkPayloadBytes = 120 * 1024;

    /// <summary>
    /// Of any message, written out: the largest is a <see cref="RangeProtocol.SplitWelcome"/> with an address for each
    /// range.
    /// </summary>
    public const int MaxMessageBytes = MaxRecipeBytes + 20 * 1024;

    /// <summary>Akka's frame: a message, with its addresses and envelope.</summary>
    public const int MaxFrameBytes = MaxMessageBytes + 16 * 1024;
}
