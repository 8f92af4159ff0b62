using System.Collections.Concurrent;
using ActorTrain.Actors.Bulk;

namespace ActorTrain.Actors;

/// <summary>Tokens that were given away and the links that they are good for, each once. From any thread.</summary>
internal sealed class ExpectedLinks
{
    private readonly ConcurrentDictionary<BulkToken, ILinkOwner> _owners = [];

    /// <summary>A new token for a link that will belong to <paramref name="owner"/>.</summary>
    public BulkToken Add(ILinkOwner owner)
    {
        var token = BulkToken.Create();
        _owners[token] = owner;
        return token;
    }

    /// <summary>Who the link of this token belongs to; none: nobody, or somebody has used it.</summary>
    public ILinkOwner? Take(BulkToken token) => _owners.TryRemove(token, out var owner) ? owner : null;
}
