namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Spreads calls for which any activation will do. Such a grain runs on the silo whose gateway the call takes, and Orleans' client sends
/// all calls of one key through one gateway: a single key would leave the other silos idle.
/// </summary>
internal static class WorkerKeys
{
    private const int Keys = 16;

    /// <summary>Of the times that gateways came, so many are told apart.</summary>
    private const int Epochs = 1 << 16;

    private static int epoch;

    /// <summary>A gateway came: other keys from now on, which it gets its share of. A key stays with its gateway as long as that lives.</summary>
    public static void Joined() => Interlocked.Increment(ref epoch);

    /// <summary>A key for a grain that takes any.</summary>
    public static int Next() => (Volatile.Read(ref epoch) % Epochs * Keys) + Random.Shared.Next(Keys);
}
