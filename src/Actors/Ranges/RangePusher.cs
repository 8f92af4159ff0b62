using System.Collections.Immutable;
using ActorTrain.Actors.Bulk;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>Sends gradients to the holders of ranges, each its part, the last range first.</summary>
/// <param name="holders">In the order of their ranges.</param>
internal sealed class RangePusher(ImmutableArray<(ParameterRange Range, ILink Link)> holders)
{
    /// <summary>Begins to send the gradient of an order.</summary>
    public Push Begin(WorkKey key) => new(key, holders);

    /// <summary>One gradient on its way.</summary>
    internal sealed class Push(WorkKey key, ImmutableArray<(ParameterRange Range, ILink Link)> holders)
    {
        private int _left = holders.Length;

        /// <summary>Of the order.</summary>
        public WorkKey Key => key;

        /// <summary>Sends what is final and not sent. Called by the shard that computes it, then by its node.</summary>
        public void Send(Parameters gradient, int finalFrom)
        {
            for (; _left > 0 && holders[_left - 1].Range.Start >= finalFrom; _left--)
            {
                var (range, link) = holders[_left - 1];
                var bytes = FloatBytes.Of(gradient.Memory.Slice(range.Start, range.Count));
                var header = BulkWork.HeaderOf(BulkKind.GradientAnswer, key, bytes.Length, BulkEncoding.Float32);
                link.Send(header with { Offset = range.Start }, bytes);
            }
        }
    }
}
