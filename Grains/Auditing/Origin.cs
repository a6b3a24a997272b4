namespace SoonShop.Auditing;

/// <summary>Who sent a call and from where, as the gateway reports it.</summary>
public sealed record Origin(string Actor, string? Address, string? UserAgent, string? TraceId)
{
    /// <summary>The origin of the current call. Without a caller, the shop itself is the actor.</summary>
    public static Origin Current => new(
        Get(RequestKeys.Actor) ?? Actors.System, Get(RequestKeys.Address), Get(RequestKeys.UserAgent), Get(RequestKeys.CorrelationId));

    private static string? Get(string key) => RequestContext.Get(key) as string;
}
