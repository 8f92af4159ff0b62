using System.Text;

namespace ActorTrain.Actors;

/// <summary>
/// How an aggregator is found: the cluster's members know each other's roles, and its name is one of its own.
/// </summary>
internal static class AggregatorRole
{
    private const string Prefix = $"{ClusterSettings.AggregatorRole}-";

    /// <summary>The role of the aggregator of this name; in hexadecimal, for a name may hold anything.</summary>
    public static string Of(string name) => Prefix + Convert.ToHexString(Encoding.UTF8.GetBytes(name));

    /// <summary>The name in a role; none: it is another role.</summary>
    public static string? NameOf(string role) => role.StartsWith(Prefix, StringComparison.Ordinal)
        ? Encoding.UTF8.GetString(Convert.FromHexString(role.AsSpan(Prefix.Length)))
        : null;
}
