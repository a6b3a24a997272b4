namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>Classes of routes with a limit of their own.</summary>
internal enum RateClass
{
    /// <summary>Passwords are tried: by address, in the cluster. By e-mail address, failures are counted behind the route (<c>Accounts:MaxFailedLogins</c>).</summary>
    Login,
    /// <summary>Accounts are made: by address, in the cluster.</summary>
    Registration,
    /// <summary>Mails are asked for, and mailed tokens tried: by address, in the cluster.</summary>
    Recovery,
    /// <summary>Mail to somebody who may not have asked for it: by the e-mail address it goes to, in the cluster.</summary>
    Mail,
    /// <summary>Tokens are traded, and such are tried as are no good: by address, in the cluster.</summary>
    Tokens,
    /// <summary>Money is to move: by user or else address.</summary>
    Checkout,
    /// <summary>Everything else that changes something: by user or else address.</summary>
    Writes,
    /// <summary>Everything that only reads: by user or else address.</summary>
    Reads,
    /// <summary>Everything that is held about a user is read together: by user.</summary>
    Exports,
    /// <summary>Administration: by user or else address.</summary>
    Admin,
    /// <summary>The payment provider's posts, which come from few addresses: by address.</summary>
    Webhooks,
}

/// <summary>What a route says of its limit.</summary>
/// <param name="Class">Its class; null for no limit.</param>
internal sealed record RateLimited(RateClass? Class);
