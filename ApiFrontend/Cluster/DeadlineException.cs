namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// The time is over that a client gave its request. That says nothing of the cluster, however short the time was, so it does not open the
/// <see cref="ClusterBreaker"/>.
/// </summary>
internal sealed class DeadlineException(string message, Exception? reason) : TimeoutException(message, reason);
