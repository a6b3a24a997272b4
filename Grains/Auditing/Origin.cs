namespace SoonShop.Auditing;

/// <summary>Who asks and from where, as the gateway sent it along with the call.</summary>
public sealed record Origin(string Actor, string? Address, string? UserAgent, string? TraceId)
{
    /// <summary>That of the call under way. What nobody asked for, the shop does of itself.</summary>
    public static Origin Current => new(
        Get(RequestKeys.Actor) ?? Actors.System, Get(RequestKeys.Address), Get(RequestKeys.UserAgent), Get(RequestKeys.CorrelationId));

    private static string? Get(string key) => RequestContext.Get(key) as string;
}
