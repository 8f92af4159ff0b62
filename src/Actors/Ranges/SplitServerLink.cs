using System.Collections.Immutable;
using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A worker node's end of the links to a server that holds no parameters, and to those who hold them: orders come from
/// the one, and what they are computed from is pulled from the others. With one link all are lost.
/// </summary>
internal sealed class SplitServerLink : ILinkOwner
{
    private readonly ClusterProtocol.Welcome _welcome;
    private readonly ImmutableArray<HolderAddress> _addresses;
    private readonly TrainingPlan _plan;
    private readonly IActorRef _session;
    private readonly IActorRef _node;
    private readonly PulledParameters _parameters;
    private readonly Lock _lock = new();
    private readonly List<ILink> _holders = [];
    private ILink? _link;
    private string? _closingReason;
    private long _pulled = -1;

    /// <summary>Links that are still to be made.</summary>
    /// <param name="welcome">From the server.</param>
    /// <param name="plan">The run's plan.</param>
    /// <param name="session">Told when the links are closed.</param>
    /// <param name="node">Gets the orders.</param>
    public SplitServerLink(
        RangeProtocol.SplitWelcome welcome, TrainingPlan plan, IActorRef session, IActorRef node)
    {
        (_welcome, _addresses) = (welcome.Welcome, welcome.Holders);
        (_plan, _session, _node) = (plan, session, node);
        _parameters = new([.. _addresses.Select(a => a.Range)]);
    }

    /// <summary>
    /// Connects to the holders, then to the server, which gives work from then on; on a thread of its own.
    /// </summary>
    public Task<ILink> Connect(NodeContext node) => Task.Factory.StartNew<ILink>(
        () =>
        {
            try
            {
                for (var i = 0; i < _addresses.Length; i++)
                {
                    var (address, owner) = (_addresses[i], new HolderEnd(this, i));
                    _holders.Add(Connect(address.BulkHost, address.BulkPort, address.Token, owner));
                }
                return Connect(_welcome.BulkHost, _welcome.BulkPort, _welcome.Token, this);
            }
            catch
            {
                DisposeHolders();
                throw;
            }

            ILink Connect(string host, int port, BulkToken token, ILinkOwner owner) => BulkConnection.Connect(
                host, port, node.Tls, _welcome.Run, token, owner, CancellationToken.None, shared: node.Shared);
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc/>
    public void Opened(ILink link)
    {
        lock (_lock)
        {
            _link = link;
            if (_closingReason is not null) link.Dispose();
        }
        _node.Tell(new WorkerNodeActor.UseLink(
            link, new([.. _addresses.Select((address, i) => (address.Range, _holders[i]))])));
    }

    /// <inheritdoc/>
    public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
    {
        place = default;
        refusal = header.Kind switch
        {
            BulkKind.Bye => null,
            _ when header.Incarnation != _welcome.Incarnation =>
                $"{header.Kind} of server {header.Incarnation}, this is server {_welcome.Incarnation}'s link",
            BulkKind.Order when ServerLink.IsNode(_plan, BulkWork.KeyOf(header)) => null,
            BulkKind.Order => $"an order for {BulkWork.KeyOf(header)}",
            _ => $"{header.Kind}, which is not for a worker of a server that holds no parameters",
        };
        return refusal is null;
    }

    /// <inheritdoc/>
    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.Kind != BulkKind.Order) return;
        var (key, version) = (BulkWork.KeyOf(header), header.Version);
        var parameters = _parameters.Begin(version);
        if (_pulled != version)
            foreach (var holder in _holders) holder.Send(RangeFrames.PullOf(_welcome.Incarnation, version), default);
        _pulled = version;
        ParameterArrival arrival = count => _parameters.Await(version, count);
        _node.Tell(new OrderArrived(key.Kind == WorkKind.Evaluation
            ? new EvaluationOrder(key, parameters) { Arrival = arrival }
            : new GradientOrder(key, parameters) { Arrival = arrival }));
    }

    /// <inheritdoc/>
    public void Closed(string reason)
    {
        _parameters.Lose();
        DisposeHolders();
        _node.Tell(new WorkerNodeActor.UseLink(null));
        _session.Tell(new ServerSessionActor.LinkClosed(this, _closingReason ?? reason));
    }

    private void DisposeHolders()
    {
        foreach (var holder in _holders) holder.Dispose();
    }

    private void LoseHolder(string reason)
    {
        _parameters.Lose();
        lock (_lock)
        {
            _closingReason ??= reason;
            _link?.Dispose();
        }
    }

    // What comes from one holder. Called by its link's receiving thread.
    private sealed class HolderEnd(SplitServerLink all, int index) : ILinkOwner
    {
        public void Opened(ILink link)
        {
        }

        public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
        {
            place = default;
            var isExpected = header.Incarnation == all._welcome.Incarnation && header.Kind switch
            {
                BulkKind.Weights or BulkKind.WeightsPart => all._parameters.TryPlace(index, header, out place),
                BulkKind.Failure => header.PayloadBytes == 0,
                _ => false,
            };
            refusal = isExpected
                ? null
                : $"{header.Kind} of {header.PayloadBytes} bytes from element {header.Offset} on, version "
                    + $"{header.Version}";
            return isExpected;
        }

        public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
        {
            if (header.Kind == BulkKind.Failure) all._parameters.Refuse(header.Version);
            else all._parameters.Advance(index, header);
        }

        public void Closed(string reason) =>
            all.LoseHolder($"the link to the holder of {all._addresses[index].Range}: {reason}");
    }
}
