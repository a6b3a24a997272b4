namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Spreads calls for which any activation will do. Such a grain runs on the silo whose gateway the call takes, and Orleans' client sends
/// all calls of one key through one gateway: a single key would leave the other silos idle.
/// </summary>
internal static class Spread
{
    private const int Keys = 16;

    /// <summary>A key for a grain that takes any.</summary>
    public static int Key() => Random.Shared.Next(Keys);
}
