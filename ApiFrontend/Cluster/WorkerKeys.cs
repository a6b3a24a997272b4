namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Distributes calls to grains for which any activation will do. Such a grain runs on the silo whose gateway the call uses, and Orleans'
/// client sends all calls for one key through one gateway. A single key would leave the other silos idle.
/// </summary>
internal static class WorkerKeys
{
    private const int Keys = 16;

    /// <summary>The number of epochs before the keys repeat.</summary>
    private const int Epochs = 1 << 16;

    private static int epoch;

    /// <summary>
    /// Switches to new keys because a gateway joined, so that it gets its share. A key stays with its gateway while that is alive.
    /// </summary>
    public static void Joined() => Interlocked.Increment(ref epoch);

    /// <summary>Returns a key for a grain that any key addresses.</summary>
    public static int Next() => (Volatile.Read(ref epoch) % Epochs * Keys) + Random.Shared.Next(Keys);
}
